#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace diptych::shards {

/// A text of a picture, as Chinese-CLIP's database of pairs has it.
struct PickledPair {
  std::string image;       ///< the picture's id, also of a number
  nlohmann::json text_id;  ///< a number or a text
  std::string text;
};

/// Reads a pickle, of any protocol from 2 on, of a tuple (picture's id, text's id, text), the ids
/// whole numbers or texts. Nothing for any other pickle. Runs nothing.
std::optional<PickledPair> read_pickled_pair(std::string_view pickle);

/// Returns such a pickle of whole numbers below 2^63, by protocol 2. `text` is of less than 4 GiB.
std::string pickled_pair(std::uint64_t image, std::uint64_t text_id, std::string_view text);

}  // namespace diptych::shards
