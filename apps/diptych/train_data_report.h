#pragma once

#include <diptych/train.h>

#include <string_view>
#include <vector>

#include "console.h"

/// Prints what was found when the data of a training was opened: pairs by source, what is refused
/// by reason, advice.
void print_data(const diptych::TrainDataSummary& data);
Json data_json(const diptych::TrainDataSummary& data);

/// Prints one line a reason, each after `start`.
void print_refused(std::string_view start, const std::vector<diptych::RefusedData>& refused);
Json refused_json(const std::vector<diptych::RefusedData>& refused);
