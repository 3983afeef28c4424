#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "shards/dataset.h"
#include "shards/sample_text.h"

namespace diptych::shards {

/// What occurs most often.
struct Commonest {
  std::size_t count = 0;
  std::string example;
};

/// What a look at some samples of a data set says about all of them.
struct Survey {
  std::size_t looked_at = 0;
  /// Of those: samples whose picture is at hand and that have a caption.
  std::size_t usable = 0;
  /// Of those: samples whose `json` has TextKeys::json_text_key.
  std::size_t with_text_key = 0;
  /// The captions of each usable one.
  std::vector<std::vector<std::string>> captions;
  /// The captions, and the pictures, that most usable ones have in common: "a cat", and where one
  /// of those pictures is.
  Commonest common_captions;
  Commonest common_picture;
  /// Why the others are not usable.
  Refusals refused;
  /// The captions of usable ones that can never be drawn, and why.
  Refusals captions_left_out;
  /// What their captions in `json` hardly say; others' are among Dataset::remarks.
  Remarks remarks;
};

/// Reads up to `at_most` samples, spread evenly: their captions, and the pictures that tables name;
/// decodes nothing. Never throws for what they hold.
Survey survey(const Dataset& dataset, const TextKeys& keys, std::size_t at_most);

}  // namespace diptych::shards
