#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

namespace diptych::libtorch {

/// Returns the reason that a message of libtorch's begins with, of at most so many bytes: it goes
/// on for pages.
inline std::string first_sentence(std::string message, std::size_t longest) {
  message.resize(std::min({message.size(), message.find('\n'), message.find(". "), longest}));
  return message;
}

}  // namespace diptych::libtorch
