// The corners of the formats against Pillow: tests/data/odd_images/make made the pictures and says
// what expected.json holds, make_transformers what transformers.json does.

#include <gtest/gtest.h>

#include "diptych/image.h"
#include "image/expected_pictures.h"
#include "support/support.h"

namespace diptych {
namespace {

using nlohmann::json;
using test::checksum;
using test::data_path;

const json& expected() {
  static const json kExpected = test::expected_pictures("odd_images/expected.json");
  return kExpected;
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
  static const json kExpected = test::expected_pictures("odd_images/transformers.json");
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

INSTANTIATE_TEST_SUITE_P(Images, OddImage, testing::ValuesIn(test::names_of(expected())),
                         test::test_name);

}  // namespace
}  // namespace diptych
