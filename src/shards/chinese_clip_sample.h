#pragma once

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "shards/shard.h"

namespace diptych::shards {

/// A picture of Chinese-CLIP's with its texts.
struct ChineseClipPicture {
  std::string id;
  std::vector<std::uint8_t> bytes;
  nlohmann::json texts = nlohmann::json::array();
  nlohmann::json text_ids = nlohmann::json::array();
};

/// Decodes the base64 of a shard's picture, also with the characters of URLs, as the reference
/// does. Throws Error(corrupt_data) for other text.
std::vector<std::uint8_t> decode_picture(std::string_view base64, const Shard& shard,
                                         std::uint64_t offset);

/// Returns the picture as a sample of a shard: its key is the id, `txt` the first of its texts,
/// `json` has `image_id`, `texts` and `text_ids`.
Sample as_sample(ChineseClipPicture picture, const Shard& shard, std::uint64_t offset);

/// Returns the first of a picture's links to its texts, and the one after its last, where links are
/// in the order of their `image`.
template <typename Link>
auto links_of(const std::vector<Link>& links, std::string_view image) {
  struct ByImage {
    bool operator()(const Link& a, std::string_view b) const { return a.image < b; }
    bool operator()(std::string_view a, const Link& b) const { return a < b.image; }
  };
  return std::equal_range(links.begin(), links.end(), image, ByImage());
}

}  // namespace diptych::shards
