#pragma once

#include "checkpoint/families/family.h"

namespace diptych::checkpoint {

/// Resizes the position tables of both towers to what the config asks for, as the family's own
/// program does, and says so in the model's `resized_positions`. A table that cannot be resized is
/// left for the check of shapes. Throws Error(out_of_memory).
void fit_positions(ParsedModel& parsed);

}  // namespace diptych::checkpoint
