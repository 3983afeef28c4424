#include "image/augment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "diptych/error.h"
#include "image/colour_operations.h"
#include "image/spatial_operations.h"

namespace diptych::image {
namespace {

Image noise(int width, int height, std::uint64_t seed) {
  Random random(seed);
  Image image{width, height, {}};
  for (int i = 0; i < width * height * 3; ++i)
    image.rgb.push_back(static_cast<std::uint8_t>(random.below(256)));
  return image;
}

Image solid(int width, int height, std::array<std::uint8_t, 3> colour) {
  Image image{width, height, {}};
  image.rgb.resize(static_cast<std::size_t>(width * height) * 3);
  for (std::size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = colour[i % 3];
  return image;
}

std::array<int, 3> pixel(const Image& image, int x, int y) {
  const std::uint8_t* p = &image.rgb[static_cast<std::size_t>(y * image.width + x) * 3];
  return {p[0], p[1], p[2]};
}

AugmentOptions everything() {
  AugmentOptions options;
  options.min_scale = 0.4;
  options.zoom_out_probability = options.flip_probability = options.jitter_probability = 0.5;
  options.grey_probability = options.blur_probability = options.posterise_probability = 0.3;
  options.solarise_probability = options.sharpen_probability = options.erase_probability = 0.3;
  options.rotation = 20.0;
  options.shear = 10.0;
  options.brightness = options.contrast = options.saturation = 0.4;
  options.hue = 0.1;
  return options;
}

TEST(Augment, SameRandomStateGivesSamePictureAndAdvancesIt) {
  const Image image = noise(90, 70, 1);
  const Preprocessing preprocessing{.size = 64};
  Random first(7);
  for (int i = 0; i < 50; ++i) {
    const Random::State before = first.state();
    const Image view = augment(image, everything(), preprocessing, first);
    EXPECT_EQ(view.width, 64);
    EXPECT_EQ(view.height, 64);
    ASSERT_EQ(view.rgb.size(), 64U * 64 * 3);
    Random replay(before);
    EXPECT_EQ(augment(image, everything(), preprocessing, replay).rgb, view.rgb);
    EXPECT_EQ(replay.state(), first.state());
    EXPECT_NE(first.state(), before);
  }
}

TEST(Augment, WholeCropIsThePlainResize) {
  const Image image = noise(50, 50, 2);
  AugmentOptions options;
  options.min_scale = options.max_scale = options.min_ratio = options.max_ratio = 1.0;
  const Preprocessing preprocessing{.size = 32, .mode = ResizeMode::squash};
  Random random(3);
  EXPECT_EQ(augment(image, options, preprocessing, random).rgb,
            resize_and_crop(image, preprocessing).rgb);
}

TEST(Augment, ExtremeShapesFallBackToTheCentre) {
  for (const auto& [width, height] : {std::pair{400, 3}, {3, 400}, {1, 1}}) {
    Random random(4);
    const Image view = augment(noise(width, height, 5), {}, {.size = 16}, random);
    EXPECT_EQ(view.rgb.size(), 16U * 16 * 3) << width << " x " << height;
  }
}

TEST(Augment, ZoomOutShowsTheFill) {
  AugmentOptions options;
  options.zoom_out_probability = 1.0;
  options.min_zoom = 0.25;
  options.fill = {1, 2, 3};
  Random random(6);
  bool seen_fill = false;
  for (int i = 0; i < 20; ++i) {
    const Image view = augment(solid(40, 40, {200, 200, 200}), options, {.size = 32}, random);
    for (int y = 0; y < 32; ++y)
      for (int x = 0; x < 32; ++x) {
        const auto colour = pixel(view, x, y);
        const bool fill = colour == std::array<int, 3>{1, 2, 3};
        EXPECT_TRUE(fill || (colour == std::array<int, 3>{200, 200, 200}));
        seen_fill |= fill;
      }
  }
  EXPECT_TRUE(seen_fill);
}

TEST(Augment, ErasesWithinTheGivenShare) {
  AugmentOptions options;
  options.erase_probability = 1.0;
  options.min_erase_scale = options.max_erase_scale = 0.25;
  options.fill = {9, 9, 9};
  Random random(8);
  const Image view = augment(solid(40, 40, {200, 200, 200}), options, {.size = 40}, random);
  const auto erased = std::count(view.rgb.begin(), view.rgb.end(), 9) / 3;
  EXPECT_NEAR(static_cast<double>(erased), 0.25 * 40 * 40, 40.0);  // sides are whole pixels
}

TEST(Augment, RefusesEachOptionOutOfRange) {
  const std::pair<const char*, std::function<void(AugmentOptions&)>> bad[] = {
      {"zoom out probability", [](auto& o) { o.zoom_out_probability = 1.1; }},
      {"flip probability", [](auto& o) { o.flip_probability = -0.1; }},
      {"jitter probability", [](auto& o) { o.jitter_probability = 2; }},
      {"grey probability", [](auto& o) { o.grey_probability = 2; }},
      {"blur probability", [](auto& o) { o.blur_probability = 2; }},
      {"posterise probability", [](auto& o) { o.posterise_probability = 2; }},
      {"solarise probability", [](auto& o) { o.solarise_probability = 2; }},
      {"sharpen probability", [](auto& o) { o.sharpen_probability = 2; }},
      {"erase probability", [](auto& o) { o.erase_probability = 2; }},
      {"brightness", [](auto& o) { o.brightness = -1; }},
      {"contrast", [](auto& o) { o.contrast = -1; }},
      {"saturation", [](auto& o) { o.saturation = -1; }},
      {"sharpen factor", [](auto& o) { o.sharpen_factor = -1; }},
      {"scale", [](auto& o) { o.min_scale = 0; }},
      {"scale", [](auto& o) { o.max_scale = 1.5; }},
      {"scale", [](auto& o) { o.max_scale = 0.5; }},
      {"ratio", [](auto& o) { o.min_ratio = 0; }},
      {"zoom", [](auto& o) { o.min_zoom = 0; }},
      {"blur", [](auto& o) { o.min_blur = 0; }},
      {"erase scale", [](auto& o) { o.min_erase_scale = 0; }},
      {"erase ratio", [](auto& o) { o.min_erase_ratio = 0; }},
      {"rotation", [](auto& o) { o.rotation = 200; }},
      {"shear", [](auto& o) { o.shear = 80; }},
      {"hue", [](auto& o) { o.hue = 0.6; }},
      {"posterise bits", [](auto& o) { o.posterise_bits = 0; }},
      {"solarise threshold", [](auto& o) { o.solarise_threshold = 300; }},
      {"flip probability", [](auto& o) { o.flip_probability = NAN; }},
  };
  for (const auto& [field, spoil] : bad) {
    AugmentOptions options;
    spoil(options);
    try {
      check(options);
      ADD_FAILURE() << field << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      EXPECT_THAT(error.what(), testing::HasSubstr(field));
    }
  }
}

TEST(ColourOperations, FactorsOfOneAndWholeTurnsChangeNothing) {
  const Image image = noise(9, 7, 10);
  Image copy = image;
  adjust_brightness(copy, 1.0);
  adjust_contrast(copy, 1.0);
  adjust_saturation(copy, 1.0);
  adjust_hue(copy, 1.0);
  posterise(copy, 8);
  solarise(copy, 256);
  EXPECT_EQ(copy.rgb, image.rgb);
}

TEST(ColourOperations, KnownColours) {
  Image image = solid(1, 1, {200, 100, 50});
  adjust_hue(image, 1.0 / 3.0);  // red becomes green
  EXPECT_EQ(pixel(image, 0, 0), (std::array<int, 3>{50, 200, 100}));
  adjust_brightness(image, 0.5);
  EXPECT_EQ(pixel(image, 0, 0), (std::array<int, 3>{25, 100, 50}));
  posterise(image, 3);
  EXPECT_EQ(pixel(image, 0, 0), (std::array<int, 3>{0, 96, 32}));
  solarise(image, 96);
  EXPECT_EQ(pixel(image, 0, 0), (std::array<int, 3>{0, 159, 32}));
  make_grey(image);
  EXPECT_EQ(pixel(image, 0, 0), (std::array<int, 3>{97, 97, 97}));
  adjust_saturation(image, 3.0);
  EXPECT_EQ(pixel(image, 0, 0), (std::array<int, 3>{97, 97, 97}));
}

TEST(ColourOperations, ContrastIsAboutTheMeanGrey) {
  Image image = solid(2, 1, {0, 0, 0});
  for (std::size_t i = 3; i < 6; ++i) image.rgb[i] = 200;
  adjust_contrast(image, 0.0);
  EXPECT_EQ(pixel(image, 0, 0), (std::array<int, 3>{100, 100, 100}));
}

TEST(SpatialOperations, FlipTwiceIsTheSame) {
  Image image = noise(5, 3, 11);
  const Image before = image;
  flip(image);
  EXPECT_EQ(pixel(image, 0, 1), pixel(before, 4, 1));
  flip(image);
  EXPECT_EQ(image.rgb, before.rgb);
}

TEST(SpatialOperations, WarpByQuarterTurnsIsExact) {
  const Image image = noise(8, 8, 12);
  for (const Interpolation interpolation : {Interpolation::bilinear, Interpolation::bicubic}) {
    const Image turned = warp(image, rotation_and_shear(90.0, 0.0), interpolation, {0, 0, 0});
    for (int y = 0; y < 8; ++y)
      for (int x = 0; x < 8; ++x)
        EXPECT_EQ(pixel(turned, x, y), pixel(image, 7 - y, x)) << x << ", " << y;
    EXPECT_EQ(warp(image, Warp{}, interpolation, {0, 0, 0}).rgb, image.rgb);
  }
}

TEST(SpatialOperations, WarpUncoversTheFill) {
  const Image image = solid(16, 16, {255, 255, 255});
  const Image turned =
      warp(image, rotation_and_shear(45.0, 0.0), Interpolation::bilinear, {1, 2, 3});
  EXPECT_EQ(pixel(turned, 0, 0), (std::array<int, 3>{1, 2, 3}));
  EXPECT_EQ(pixel(turned, 8, 8), (std::array<int, 3>{255, 255, 255}));
}

TEST(SpatialOperations, BlurAndSharpenKeepFlatColour) {
  const Image image = solid(20, 11, {17, 130, 240});
  EXPECT_EQ(blur(image, 1.7).rgb, image.rgb);
  EXPECT_EQ(sharpen(image, 2.0).rgb, image.rgb);
}

TEST(SpatialOperations, BlurEqualsTheDirectSum) {
  const Image image = noise(13, 9, 13);
  const double sigma = 0.8;
  const int radius = 3;  // three sigma, rounded up
  const Image got = blur(image, sigma);
  for (int y = radius; y < 9 - radius; ++y)
    for (int x = radius; x < 13 - radius; ++x) {
      double sum = 0.0;
      double total = 0.0;
      for (int j = -radius; j <= radius; ++j)
        for (int i = -radius; i <= radius; ++i) {
          const double weight = std::exp(-0.5 * (i * i + j * j) / (sigma * sigma));
          sum += weight * pixel(image, x + i, y + j)[0];
          total += weight;
        }
      EXPECT_NEAR(pixel(got, x, y)[0], sum / total, 1.01) << x << ", " << y;  // two roundings
    }
}

TEST(SpatialOperations, SharpenByOneChangesNothingAndByZeroSmooths) {
  const Image image = noise(7, 6, 14);
  EXPECT_EQ(sharpen(image, 1.0).rgb, image.rgb);
  Image dot = solid(3, 3, {0, 0, 0});
  dot.rgb[12] = 130;
  EXPECT_EQ(pixel(sharpen(dot, 0.0), 1, 1)[0], 50);  // 5 / 13 of 130
}

}  // namespace
}  // namespace diptych::image
