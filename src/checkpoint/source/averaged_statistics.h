#pragma once

#include <string_view>

namespace diptych::checkpoint {

/// What is assumed of an average of models with batch norm (ModelFile::assumptions), until a
/// training measures it.
inline constexpr std::string_view kAveragedStatistics =
    "The statistics of batch norm were averaged as well, not measured again.";

}  // namespace diptych::checkpoint
