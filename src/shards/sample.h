#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace diptych::shards {

/// One training sample: what belongs together under one key, as an image and its caption.
struct Sample {
  /// The path up to the first dot of its base name; for a table, the image path of the row.
  std::string key;
  /// Extension (lower case, without the first dot: "jpg", "txt", "seg.png") -> content.
  std::map<std::string, std::span<const std::byte>, std::less<>> parts;
  /// The shard or table it came from, the byte where it begins there, and for a table the line,
  /// from 1.
  std::string shard;
  std::uint64_t offset = 0;
  std::uint64_t line = 0;
  /// Keeps the bytes of `parts` alive.
  std::shared_ptr<const void> storage;

  /// Returns the part that holds a picture, of several the first by kImageExtensions, or nothing.
  std::optional<std::span<const std::byte>> image() const;
  /// Returns how many parts hold a picture.
  std::size_t pictures() const;
  /// Returns a part as text; nothing when there is none.
  std::optional<std::string_view> text(std::string_view extension) const;
  /// Returns where it is in its shard, for messages: "line 7", or "offset 512, key 0001".
  std::string place() const;
  /// Returns the extensions of its parts: "jpg, json".
  std::string part_names() const;
};

/// What counts as a picture, in order of preference: open_clip's, then what it does not read.
inline constexpr std::array<std::string_view, 13> kImageExtensions = {
    "jpg", "png", "jpeg", "webp", "gif",  "bmp", "jfif",
    "jpe", "tif", "tiff", "heic", "heif", "avif"};
bool is_image_extension(std::string_view extension);

/// Of samples with several pictures one is used. Words for Remarks.
inline constexpr std::string_view kSeveralPictures =
    "samples with several pictures, of which one is used, jpg before png before others as in "
    "open_clip";

/// A file name split as webdataset does: "a/0001.seg.PNG" is key "a/0001" and extension "seg.png".
struct SampleName {
  std::string_view key;
  std::string extension;
};

/// Splits a name; nothing for a file that belongs to no sample: without an extension, hidden, or
/// metadata ("__name__").
std::optional<SampleName> split_sample_name(std::string_view path);

}  // namespace diptych::shards
