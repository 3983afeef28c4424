#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "diptych/matrix.h"

namespace diptych::evaluate {

// What the figures themselves give away, one sentence each; usually nothing.

/// Notes pictures that several classes hold, of whose answers at most one can be right, and those
/// that one class holds several times. Picture embeddings [pictures, width] with the class of each.
std::vector<std::string> picture_notes(const Matrix& images,
                                       std::span<const std::size_t> right_classes);

/// Notes classes without pictures, and no more right answers than guessing gives.
std::vector<std::string> result_notes(std::size_t right_answers,
                                      std::span<const std::size_t> right_classes,
                                      std::span<const std::string> class_names);

}  // namespace diptych::evaluate
