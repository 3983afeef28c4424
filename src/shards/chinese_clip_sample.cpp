#include "shards/chinese_clip_sample.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "base/error.h"
#include "json/base64.h"

namespace diptych::shards {

namespace {

std::string_view extension_of(std::span<const std::uint8_t> picture) {
  const std::string_view start(reinterpret_cast<const char*>(picture.data()),
                               std::min<std::size_t>(picture.size(), 12));
  if (start.starts_with("\x89PNG")) return "png";
  if (start.starts_with("GIF8")) return "gif";
  if (start.starts_with("RIFF") && start.ends_with("WEBP")) return "webp";
  return "jpg";
}

/// What a sample's parts are views of.
struct PictureStorage {
  std::vector<std::uint8_t> image;
  std::string caption;
  std::string json;
};

/// Nothing for other text.
std::optional<std::vector<std::uint8_t>> from_either_base64(std::string_view base64) {
  if (base64.find_first_of("-_") == std::string_view::npos) return from_base64(base64);
  std::string standard(base64);
  std::replace(standard.begin(), standard.end(), '-', '+');
  std::replace(standard.begin(), standard.end(), '_', '/');
  return from_base64(standard);
}

}  // namespace

std::vector<std::uint8_t> decode_picture(std::string_view base64, const Shard& shard,
                                         std::uint64_t offset) {
  std::optional<std::vector<std::uint8_t>> bytes = from_either_base64(base64);
  if (!bytes) {
    fail(ErrorCode::corrupt_data, "picture: got text that is not base64 ({}, {})", shard.name(),
         shard.place(offset));
  }
  return *std::move(bytes);
}

Sample as_sample(ChineseClipPicture picture, const Shard& shard, std::uint64_t offset) {
  Sample sample;
  sample.shard = shard.name();
  sample.offset = offset;
  sample.key = picture.id;
  const auto storage = std::make_shared<PictureStorage>();
  storage->image = std::move(picture.bytes);
  if (!storage->image.empty())
    sample.parts.emplace(extension_of(storage->image), std::as_bytes(std::span(storage->image)));
  if (!picture.texts.empty()) {
    storage->caption = picture.texts.front().get<std::string>();
    storage->json = nlohmann::json{{"image_id", picture.id},
                                   {"texts", std::move(picture.texts)},
                                   {"text_ids", std::move(picture.text_ids)}}
                        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    sample.parts.emplace("txt", std::as_bytes(std::span(storage->caption)));
    sample.parts.emplace("json", std::as_bytes(std::span(storage->json)));
  }
  sample.storage = storage;
  return sample;
}

}  // namespace diptych::shards
