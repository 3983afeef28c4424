#pragma once

#include <string>
#include <vector>

namespace diptych {

/// Adds a part's notes after those that there are.
inline void append(std::vector<std::string>& notes, const std::vector<std::string>& more) {
  notes.insert(notes.end(), more.begin(), more.end());
}

}  // namespace diptych
