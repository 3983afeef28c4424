#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "diptych/evaluate.h"

namespace diptych::evaluate {

/// Returns the report for pictures whose right classes came out at the given ranks. Throws
/// Error(invalid_argument) when there is no picture.
ClassificationReport classification_report(std::span<const std::size_t> ranks,
                                           std::span<const std::size_t> right_classes,
                                           std::span<const std::string> class_names,
                                           std::span<const std::size_t> ks);

}  // namespace diptych::evaluate
