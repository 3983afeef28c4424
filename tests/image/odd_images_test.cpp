// The corners of the formats against Pillow: tests/data/odd_images/make made the pictures and says
// what expected.json holds, make_transformers what transformers.json does.

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "diptych/image.h"
#include "support/support.h"

namespace diptych {
namespace {

using nlohmann::json;
using test::data_path;

const json& expected() {
  static const json kExpected =
      json::parse(read_text_file(data_path("odd_images/expected.json"))).at("pictures");
  return kExpected;
}

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const auto& [name, values] : expected().items()) result.push_back(name);
  return result;
}

std::uint32_t checksum(const Image& image) {
  return static_cast<std::uint32_t>(
      crc32(0, image.rgb.data(), static_cast<unsigned>(image.rgb.size())));
}

class OddImage : public testing::TestWithParam<std::string> {};

TEST_P(OddImage, EqualsPillow) {
  const auto path = data_path("odd_images/" + GetParam());
  const json& values = expected().at(GetParam());
  const Image image = load_image(path);
  EXPECT_EQ(image.width, values.at("width"));
  EXPECT_EQ(image.height, values.at("height"));
  EXPECT_EQ(checksum(image), values.at("rgb"));
  if (values.contains("background")) {
    EXPECT_EQ(checksum(load_image(path, {.background = {{30, 140, 250}}})),
              values.at("background"));
  }
  const std::pair<const char*, Preprocessing> specs[] = {
      {"shortest_16", {.size = 16}},
      {"squash_19",
       {.size = 19, .mode = ResizeMode::squash, .interpolation = Interpolation::bilinear}},
      {"longest_21", {.size = 21, .mode = ResizeMode::longest, .fill = 77}}};
  for (const auto& [spec, preprocessing] : specs)
    EXPECT_EQ(checksum(load_preprocessed(path, preprocessing)), values.at(spec)) << spec;
}

TEST_P(OddImage, EqualsTransformers) {
  static const json kExpected =
      json::parse(read_text_file(data_path("odd_images/transformers.json"))).at("pictures");
  const auto path = data_path("odd_images/" + GetParam());
  const json& values = kExpected.at(GetParam());
  Preprocessing how{.size = 15,
                    .background = {{255, 255, 255}},
                    .crop_start = CropStart::down,
                    .conversion = RgbConversion::first};
  EXPECT_EQ(checksum(load_preprocessed(path, how)), values.at("shortest_15"));
  how.size = 19;
  how.mode = ResizeMode::squash;
  EXPECT_EQ(checksum(load_preprocessed(path, how)), values.at("squash_19"));
}

INSTANTIATE_TEST_SUITE_P(Images, OddImage, testing::ValuesIn(names()), [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

}  // namespace
}  // namespace diptych
