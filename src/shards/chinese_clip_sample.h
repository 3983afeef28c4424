#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shards/sample.h"

namespace diptych::shards {

/// A picture of Chinese-CLIP's with its texts.
struct ChineseClipPicture {
  std::string id;
  std::vector<std::uint8_t> bytes;
  nlohmann::json texts = nlohmann::json::array();
  nlohmann::json text_ids = nlohmann::json::array();
};

/// Decodes base64, also with the characters of URLs, as the reference does. Nothing for other text.
std::optional<std::vector<std::uint8_t>> decode_picture(std::string_view base64);

/// Returns the picture as a sample: its key is the id, `txt` the first of its texts, `json` has
/// `image_id`, `texts` and `text_ids`. Shard and place are the caller's to add.
Sample as_sample(ChineseClipPicture picture);

}  // namespace diptych::shards
