// TIFF, HEIC, AVIF and camera RAW against Pillow: tests/data/more_formats/make made the pictures
// and says what expected.json holds. They are read as a program reads them, through the module.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "diptych/image.h"
#include "image/expected_pictures.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych {
namespace {

using nlohmann::json;
using test::checksum;
using test::data_path;

const json& expected() {
  static const json kExpected = test::expected_pictures("more_formats/expected.json");
  return kExpected;
}

std::vector<double> means(const Image& image) {
  std::vector<double> sums(3);
  for (std::size_t i = 0; i < image.rgb.size(); ++i) sums[i % 3] += image.rgb[i];
  for (double& sum : sums) sum /= static_cast<double>(image.rgb.size()) / 3.0;
  return sums;
}

class MoreFormats : public testing::TestWithParam<std::string> {};

TEST_P(MoreFormats, EqualPillow) {
  const auto path = data_path("more_formats/" + GetParam());
  const json& values = expected().at(GetParam());
  const Image image = load_image(path);
  EXPECT_EQ(image.width, values.at("width"));
  EXPECT_EQ(image.height, values.at("height"));
  if (values.contains("means")) {
    // What lossy coding and the conversion of colours leave.
    const auto wanted = values.at("means").get<std::vector<double>>();
    EXPECT_THAT(means(image), testing::Pointwise(testing::DoubleNear(1.5), wanted));
    return;
  }
  EXPECT_EQ(checksum(image), values.at("rgb"));
  EXPECT_EQ(checksum(load_preprocessed(path, {.size = 16})), values.at("shortest_16"));
}

INSTANTIATE_TEST_SUITE_P(Pictures, MoreFormats, testing::ValuesIn(test::names_of(expected())),
                         test::test_name);

TEST(CameraRaw, SaysThatItIsAPreviewAndTurnsItAsTheFileSays) {
  const auto path = data_path("more_formats/turned.nef");
  EXPECT_EQ(load_image(path).facts, (PictureFacts{.orientation = 6, .preview = true}));
  EXPECT_EQ(load_image(path, {.upright = true}).width, load_image(path).height);
}

TEST(CameraRaw, WithoutAPreviewIsRefused) {
  // The preview's first marker is broken.
  std::string file = read_text_file(data_path("more_formats/preview.raf"));
  file[160] = 'x';
  test::expect_error(
      [&] { decode_image(std::as_bytes(std::span(file.data(), file.size())), "a.raf"); },
      ErrorCode::unsupported, "no JPEG preview");
}

TEST(Heif, TurnsOnceWhetherAskedOrNot) {
  const auto path = data_path("more_formats/turned.avif");
  const Image image = load_image(path);
  EXPECT_LT(image.width, image.height);
  EXPECT_EQ(image.facts.orientation, 1);
  EXPECT_EQ(load_image(path, {.upright = true}).rgb, image.rgb);
}

TEST(Heif, LaysTransparencyOnABackground) {
  const auto path = data_path("more_formats/alpha.heic");
  EXPECT_NE(load_image(path).rgb, load_image(path, {.background = {{0, 255, 0}}}).rgb);
}

TEST(Heif, ChecksPixelsBeforeMemoryIsTaken) {
  for (const char* name : {"rgb.heic", "rgb.avif"})
    test::expect_error(
        [&] { load_image(data_path(std::string("more_formats/") + name), {.max_pixels = 100}); },
        ErrorCode::out_of_memory, "got 96 x 64, expected at most 100 pixels");
}

TEST(Heif, RefusesCutFiles) {
  for (const char* name : {"rgb.heic", "rgb.avif"}) {
    const std::string file = read_text_file(data_path(std::string("more_formats/") + name));
    for (const std::size_t length : {std::size_t{12}, std::size_t{40}, file.size() / 2}) {
      try {
        decode_image(std::as_bytes(std::span(file.data(), length)), "cut");
        ADD_FAILURE() << name << " of " << length << " bytes";
      } catch (const Error& error) {
        EXPECT_NE(error.code(), ErrorCode::internal) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace diptych
