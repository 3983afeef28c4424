#pragma once

#include <diptych/profile.h>

#include <string>

#include "json_text.h"

/// Returns a batch's profile: milliseconds, and of each operation its rates and how much of the
/// machine's peak that is.
Json profile_json(const diptych::TowerProfile& profile, const diptych::MachinePeaks& peaks);

/// Prints that as a table under a heading: "bf16 AVX-512, images, batch 16".
void print_profile(const std::string& heading, const Json& profile);
