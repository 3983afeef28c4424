#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/mapped_file.h"
#include "diptych/error.h"
#include "diptych/image.h"
#include "support/support.h"

namespace diptych {
namespace {

Image grey(int width, int height, std::uint8_t value) {
  return {width, height,
          std::vector<std::uint8_t>(static_cast<std::size_t>(width * height * 3), value)};
}

void expect_invalid(const std::function<void()>& call, const char* what) {
  try {
    call();
    ADD_FAILURE() << "accepted: " << what;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_THAT(error.what(), testing::HasSubstr(what));
  }
}

TEST(ResizeAndCrop, RefusesBadArguments) {
  const Image image = grey(4, 4, 9);
  expect_invalid([&] { resize_and_crop(image, {.size = 0}); }, "got 0, expected 1 to 16384");
  expect_invalid([&] { resize_and_crop(image, {.size = 16385}); }, "got 16385");
  expect_invalid([&] { resize_and_crop(image, {.size = 4, .fill = 256}); }, "fill: got 256");
  expect_invalid([&] { resize_and_crop(Image{}, {.size = 4}); }, "got 0 x 0");
  expect_invalid([&] { resize_and_crop(Image{4, 4, {1, 2, 3}}, {.size = 4}); }, "got 3 bytes");
}

TEST(ResizeAndCrop, LongestCentresOnTheFill) {
  const Image out =
      resize_and_crop(grey(10, 3, 200), {.size = 10, .mode = ResizeMode::longest, .fill = 7});
  for (int y = 0; y < 10; ++y) {
    const int expected = y >= 3 && y < 6 ? 200 : 7;  // seven rows to fill: three above, four below
    EXPECT_EQ(out.rgb[static_cast<std::size_t>(y * 30)], expected) << y;
  }
}

/// The sizes that timm's ResizeToSequence gives (tests/data/open_clip_siglip2_naflex/make).
TEST(ResizeAndCrop, KeepsTheAspectRatioInWholePatches) {
  const auto cases =
      nlohmann::json::parse(read_text_file(test::data_path("open_clip_siglip2_naflex/sizes.json")));
  for (const auto& found : cases) {
    const int patch = found[4];
    const int patches = found[5];
    const int side = static_cast<int>(std::lround(std::sqrt(patches))) * patch;
    const Preprocessing how{.size = side, .mode = ResizeMode::patches, .patch_size = patch};
    const Image out = resize_and_crop(grey(found[0], found[1], 90), how);
    EXPECT_EQ(out.width, found[2].get<int>()) << found;
    EXPECT_EQ(out.height, found[3].get<int>()) << found;
    EXPECT_EQ(out.rgb, grey(out.width, out.height, 90).rgb);
    std::vector<float> values(out.rgb.size());
    normalise(out, how, values);
  }
  ASSERT_FALSE(cases.empty());
  const Preprocessing how{.size = 32, .mode = ResizeMode::patches, .patch_size = 16};
  std::vector<float> values(3 * 48 * 32);
  expect_invalid([&] { normalise(grey(48, 32, 0), how, values); }, "normalise");
  expect_invalid([&] { resize_and_crop(grey(4, 4, 9), {.size = 4, .mode = ResizeMode::patches}); },
                 "patch size: got 16");
}

TEST(ResizeAndCrop, StartsAnOddCropWhereItIsTold) {
  Image rows{4, 7, {}};
  for (int y = 0; y < 7; ++y) rows.rgb.insert(rows.rgb.end(), 12, static_cast<std::uint8_t>(y));
  // (7 - 4) / 2 is 1.5: rounded to even 2, rounded down 1.
  EXPECT_EQ(resize_and_crop(rows, {.size = 4}).rgb[0], 2);
  EXPECT_EQ(resize_and_crop(rows, {.size = 4, .crop_start = CropStart::down}).rgb[0], 1);
}

TEST(PreprocessImage, ConvertsFirstWhereItIsTold) {
  const auto path = test::data_path("odd_images/palette_8.png");
  const Preprocessing first{.size = 8, .conversion = RgbConversion::first};
  EXPECT_EQ(load_preprocessed(path, first).rgb, resize_and_crop(load_image(path), first).rgb);
  EXPECT_NE(load_preprocessed(path, first).rgb, load_preprocessed(path, {.size = 8}).rgb);
}

TEST(DecodeImage, ScalesSixteenBitGreyWhenAsked) {
  const auto path = test::data_path("odd_images/grey_16.png");
  const Image clamped = load_image(path);
  const Image scaled = load_image(path, {.wide = WideGrey::scale});
  EXPECT_TRUE(clamped.facts.wide_grey);
  EXPECT_TRUE(scaled.facts.wide_grey);
  EXPECT_LT(std::count(scaled.rgb.begin(), scaled.rgb.end(), 255),
            std::count(clamped.rgb.begin(), clamped.rgb.end(), 255) / 2);
  EXPECT_FALSE(load_image(test::data_path("odd_images/grey_8.png")).facts.wide_grey);
}

TEST(ResizeAndCrop, EqualsOneStepForOpaquePictures) {
  const auto path = test::data_path("images/landscape.jpg");
  EXPECT_EQ(resize_and_crop(load_image(path), {}).rgb, load_preprocessed(path, {}).rgb);
}

TEST(PreprocessImage, LaysTransparencyOnThePreprocessingsBackground) {
  const auto path = test::data_path("images/alpha.png");
  const Preprocessing red{.size = 32, .background = {{255, 0, 0}}};
  const Preprocessing blue{.size = 32, .background = {{0, 0, 255}}};
  const Image on_red = load_preprocessed(path, red);
  EXPECT_NE(on_red.rgb, load_preprocessed(path, blue).rgb);
  // What the caller gives for decoding counts first.
  EXPECT_EQ(load_preprocessed(path, blue, {.background = {{255, 0, 0}}}).rgb, on_red.rgb);
}

TEST(Normalise, IsExactForEveryByte) {
  Image image = grey(16, 16, 0);
  for (std::size_t i = 0; i < image.rgb.size(); ++i)
    image.rgb[i] = static_cast<std::uint8_t>(i / 3);
  const Preprocessing preprocessing{.size = 16};
  std::vector<float> out(3 * 256);
  normalise(image, preprocessing, out);
  for (std::size_t channel = 0; channel < 3; ++channel)
    for (std::size_t value = 0; value < 256; ++value) {
      const float scaled = static_cast<float>(value) / 255.0F;
      const float expected = (scaled - preprocessing.mean[channel]) / preprocessing.std[channel];
      EXPECT_EQ(out[channel * 256 + value], expected);
    }
}

TEST(Normalise, RefusesOtherSizes) {
  std::vector<float> out(3 * 16);
  expect_invalid([&] { normalise(grey(4, 5, 0), {.size = 4}, out); }, "got 4 x 5");
  expect_invalid([&] { normalise(grey(5, 5, 0), {.size = 5}, out); }, "room for 48");
}

}  // namespace
}  // namespace diptych
