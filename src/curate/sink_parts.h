#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "shards/sample.h"

namespace diptych::curate {

/// Counts parts that a form has no place for.
class Unplaced {
 public:
  void add(const std::string& extension) { ++counts_[extension]; }
  /// Returns how many of each there were, a sentence each.
  std::vector<std::string> notes(std::string_view form) const;

 private:
  std::map<std::string, std::uint64_t> counts_;
};

/// Returns all captions of a sample, without white space around them: the list `texts` of its json,
/// otherwise its txt.
std::vector<std::string> captions_of(const shards::Sample& sample);

/// Returns the extension of the picture that Sample::image gives; empty: there is none.
std::string image_extension(const shards::Sample& sample);

}  // namespace diptych::curate
