// EXIF orientation against Pillow's exif_transpose: tests/data/orientation/make made the pictures
// and says what expected.json holds.

#include <gtest/gtest.h>

#include "diptych/image.h"
#include "image/expected_pictures.h"
#include "support/support.h"

namespace diptych {
namespace {

using nlohmann::json;
using test::checksum;
using test::data_path;

const json& expected_orientations() {
  static const json loaded = test::expected_pictures("orientation/expected.json");
  return loaded;
}

class Orientation : public testing::TestWithParam<std::string> {};

TEST_P(Orientation, EqualsPillow) {
  const json& values = expected_orientations().at(GetParam());
  const Image image = load_image(data_path("orientation/" + GetParam()), {.upright = true});
  EXPECT_EQ(image.width, values.at("width"));
  EXPECT_EQ(image.height, values.at("height"));
  EXPECT_EQ(checksum(image), values.at("rgb"));
}

INSTANTIATE_TEST_SUITE_P(Pictures, Orientation,
                         testing::ValuesIn(test::names_of(expected_orientations())),
                         test::test_name);

TEST(OrientationOption, LeavesPicturesAsStoredUnlessAsked) {
  const Image image = load_image(data_path("orientation/exif_6.png"));
  EXPECT_EQ(image.width, 21);
  EXPECT_EQ(image.height, 13);
  EXPECT_EQ(image.facts.orientation, 6);
  EXPECT_EQ(load_image(data_path("orientation/exif_6.png"), {.upright = true}).facts.orientation,
            6);
  EXPECT_EQ(load_image(data_path("orientation/nine.jpg")).facts.orientation, 1);
}

TEST(OrientationOption, ReachesPreprocessing) {
  const auto turned = data_path("orientation/exif_6.png");
  const Preprocessing how{.size = 8};
  const Image upright = load_preprocessed(turned, how, {.upright = true});
  EXPECT_EQ(upright.rgb, resize_and_crop(load_image(turned, {.upright = true}), how).rgb);
  EXPECT_NE(upright.rgb, load_preprocessed(turned, how).rgb);
  EXPECT_EQ(upright.facts.orientation, 6);
}

TEST(PictureCounts, AddUp) {
  PictureCounts counts;
  counts.add(PictureFacts{.orientation = 6});
  counts.add(PictureFacts{.orientation = 1, .wide_grey = true});
  counts.add(PictureCounts{.turned = 2, .previews = 1});
  EXPECT_EQ(counts, (PictureCounts{.turned = 3, .wide_grey = 1, .previews = 1}));
}

}  // namespace
}  // namespace diptych
