#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "curate/key_uses.h"

namespace diptych::curate {

/// Makes keys that archives and folders can hold, no two alike.
class SampleKeys {
 public:
  /// Returns the key without the ending of a picture that a table's or folder's path has; what is
  /// no part of a name (dots in the base name, empty, hidden and ".." folders) becomes `_`; one
  /// that was there before gets a number.
  std::string next(std::string_view key);
  /// Returns how many keys were changed, a sentence each.
  std::vector<std::string> notes() const;

 private:
  KnownKeys known_;
  std::uint64_t renamed_ = 0;
  std::uint64_t numbered_ = 0;
};

}  // namespace diptych::curate
