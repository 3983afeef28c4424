// Hostile TIFF files: what their tags ask for is checked before memory is taken.

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "base/mapped_file.h"
#include "diptych/image.h"
#include "formats/formats.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych {
namespace {

using test::expect_error;

std::string fixture(const std::string& name) {
  return read_text_file(test::data_path("more_formats/" + name));
}

image::Picture decode(const std::string& file, const DecodeOptions& options = {}) {
  const std::string name = "bad.tif";
  return formats::decode_tiff({std::as_bytes(std::span(file.data(), file.size())), name, options});
}

/// The file with another value in the only entry of this tag, of a little-endian file.
std::string with_tag(std::string file, std::uint16_t tag, std::uint32_t value) {
  std::uint32_t directory = 0;
  std::memcpy(&directory, file.data() + 4, sizeof directory);
  std::uint16_t count = 0;
  std::memcpy(&count, file.data() + directory, sizeof count);
  for (std::size_t i = 0; i < count; ++i) {
    char* entry = file.data() + directory + 2 + i * 12;
    std::uint16_t found = 0;
    std::memcpy(&found, entry, sizeof found);
    if (found == tag) std::memcpy(entry + 8, &value, sizeof value);
  }
  return file;
}

constexpr std::uint16_t kWidth = 256;
constexpr std::uint16_t kHeight = 257;
constexpr std::uint16_t kPhotometric = 262;
constexpr std::uint16_t kSamples = 277;
constexpr std::uint16_t kTileWidth = 322;

TEST(Tiff, ChecksSizesBeforeMemoryIsTaken) {
  const std::string file = fixture("rgb_raw.tif");
  expect_error([&] { decode(with_tag(file, kHeight, 0)); }, ErrorCode::corrupt_data, "TIFF");
  expect_error([&] { decode(with_tag(file, kWidth, 0xFFFFFFFF)); }, ErrorCode::unsupported,
               "expected sides up to");
  expect_error([&] { decode(with_tag(with_tag(file, kWidth, 900'000), kHeight, 900'000)); },
               ErrorCode::out_of_memory, "expected at most 178956970 pixels");
  expect_error([&] { decode(file, {.max_pixels = 100}); }, ErrorCode::out_of_memory, "got 37 x 23");
  // Tiles much larger than the picture.
  expect_error([&] { decode(with_tag(fixture("tiles.tif"), kTileWidth, 0x7FFFFFF0)); },
               ErrorCode::unsupported, "got 2147483632 x 16");
}

TEST(Tiff, RefusesKindsThatPillowRefuses) {
  const std::string file = fixture("white_is_zero.tif");
  expect_error([&] { decode(with_tag(file, kPhotometric, 8)); }, ErrorCode::unsupported,
               "photometric interpretation 8 with 1 samples");
  expect_error([&] { decode(with_tag(file, kPhotometric, 2)); }, ErrorCode::unsupported,
               "photometric interpretation 2");
  expect_error([&] { decode(with_tag(file, kSamples, 200)); }, ErrorCode::unsupported,
               "200 samples");
}

TEST(Tiff, RefusesEveryTruncation) {
  for (const char* name : {"rgb_raw.tif", "rgb_tiff_lzw.tif", "rgb_jpeg.tif", "tiles_deflate.tif",
                           "bilevel_group4.tif"}) {
    const std::string file = fixture(name);
    for (std::size_t length = 8; length < file.size(); length += 97) {
      try {
        // The directory is last in these files: without it there is no picture.
        decode(file.substr(0, length));
        ADD_FAILURE() << name << " of " << length << " bytes";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::corrupt_data) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace diptych
