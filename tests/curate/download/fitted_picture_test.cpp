#include "curate/download/fitted_picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>

#include "base/mapped_file.h"
#include "diptych/image.h"
#include "image/encode.h"
#include "support/support.h"

namespace diptych::curate {
namespace {

using ::testing::Each;
using ::testing::Lt;

/// Red on the left, blue on the right.
std::string picture(int width, int height, PictureFormat format = PictureFormat::png) {
  Image image{.width = width, .height = height, .rgb = {}, .facts = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool is_left = 2 * x < width;
      const std::uint8_t red = is_left ? 255 : 0;
      image.rgb.insert(image.rgb.end(), {red, 0, static_cast<std::uint8_t>(255 - red)});
    }
  }
  return image::encode(image, format, format == PictureFormat::png ? 6 : 95);
}

Image decoded(const FittedPicture& fitted) {
  return decode_image(std::as_bytes(std::span(fitted.bytes)), "fitted");
}

PictureForm form(DownloadResize resize, int size = 64) {
  return {.resize = resize, .size = size, .format = PictureFormat::png, .quality = 6};
}

std::pair<int, int> size_after(DownloadResize resize, int width, int height, bool only = false) {
  PictureForm wanted = form(resize);
  wanted.only_if_larger = only;
  const FittedPicture fitted = fit_picture(picture(width, height), wanted);
  EXPECT_EQ(fitted.failure, "");
  const Image image = decoded(fitted);
  EXPECT_EQ(std::pair(image.width, image.height), std::pair(fitted.width, fitted.height));
  EXPECT_EQ(std::pair(fitted.original_width, fitted.original_height), std::pair(width, height));
  return {image.width, image.height};
}

TEST(FitPicture, HasTheSizeOfItsMode) {
  EXPECT_EQ(size_after(DownloadResize::none, 200, 101), std::pair(200, 101));
  EXPECT_EQ(size_after(DownloadResize::border, 200, 101), std::pair(64, 64));
  EXPECT_EQ(size_after(DownloadResize::keep_ratio, 200, 101), std::pair(127, 64));
  EXPECT_EQ(size_after(DownloadResize::keep_ratio_largest, 200, 101), std::pair(64, 32));
  EXPECT_EQ(size_after(DownloadResize::center_crop, 200, 101), std::pair(64, 64));
  EXPECT_EQ(size_after(DownloadResize::border, 20, 10), std::pair(64, 64));
  EXPECT_EQ(size_after(DownloadResize::border, 20, 10, true), std::pair(20, 10));
}

TEST(FitPicture, TurnsUprightWhatItEncodes) {
  const std::string file = test::data_path("images/exif_rotated.jpg");
  const std::string body = read_text_file(file);
  const Image upright = load_image(file, {.upright = true});
  PictureForm wanted = form(DownloadResize::none);
  const FittedPicture turned = fit_picture(body, wanted);
  EXPECT_EQ(turned.width, upright.width);
  EXPECT_EQ(turned.height, upright.height);
  EXPECT_EQ(decoded(turned).rgb, upright.rgb);
  wanted.format = PictureFormat::jpg;  // where nothing changes
  EXPECT_EQ(fit_picture(body, wanted).bytes, body);
}

TEST(FitPicture, PutsWhiteAroundAndCutsInTheMiddle) {
  const Image bordered = decoded(fit_picture(picture(64, 32), form(DownloadResize::border)));
  EXPECT_THAT(std::vector(bordered.rgb.begin(), bordered.rgb.begin() + 3), Each(255));
  const std::size_t middle = (32 * 64 + 1) * 3;
  EXPECT_EQ(bordered.rgb[middle], 255);
  EXPECT_EQ(bordered.rgb[middle + 1], 0);
  const Image cropped = decoded(fit_picture(picture(128, 64), form(DownloadResize::center_crop)));
  EXPECT_EQ(cropped.rgb[31 * 3], 255);
  EXPECT_EQ(cropped.rgb[32 * 3], 0);
}

TEST(FitPicture, KeepsTheBytesOfWhatNeedsNoChange) {
  const std::string bytes = picture(64, 64, PictureFormat::jpg);
  PictureForm wanted = form(DownloadResize::border);
  wanted.format = PictureFormat::jpg;
  wanted.quality = 10;
  EXPECT_EQ(fit_picture(bytes, wanted).bytes, bytes);
  wanted.format = PictureFormat::webp;
  EXPECT_TRUE(fit_picture(bytes, wanted).bytes.starts_with("RIFF"));
}

TEST(FitPicture, LeavesOutWhatBreaksALimit) {
  PictureForm wanted = form(DownloadResize::none);
  wanted.min_side = 20;
  wanted.max_area = 2500;
  wanted.max_aspect = 3.0;
  EXPECT_EQ(fit_picture(picture(50, 50), wanted).failure, "");
  EXPECT_EQ(fit_picture(picture(19, 50), wanted).failure, "image too small");
  EXPECT_EQ(fit_picture(picture(51, 50), wanted).failure, "image area too large");
  EXPECT_EQ(fit_picture(picture(61, 20), wanted).failure, "aspect ratio too large");
  EXPECT_TRUE(fit_picture(picture(61, 20), wanted).is_left_out);
}

TEST(FitPicture, SaysWhatIsNoPicture) {
  const PictureForm wanted = form(DownloadResize::border);
  EXPECT_EQ(fit_picture("", wanted).failure, "no picture");
  EXPECT_EQ(fit_picture("<html>404</html>", wanted).failure, "no picture");
  const std::string bytes = picture(100, 100);
  EXPECT_EQ(fit_picture(bytes.substr(0, bytes.size() / 2), wanted).failure, "no picture");
  EXPECT_FALSE(fit_picture("", wanted).is_left_out);
}

TEST(FitPicture, DecodesNoBomb) {
  PictureForm wanted = form(DownloadResize::border);
  wanted.max_pixels = 9999;
  EXPECT_EQ(fit_picture(picture(100, 100), wanted).failure, "too many pixels");
  wanted = form(DownloadResize::keep_ratio, 1000);  // a thin line, drawn out
  EXPECT_EQ(fit_picture(picture(20'000, 1), wanted).failure, "aspect ratio too large");
}

TEST(FitPicture, ShrinksByAreaToTheMean) {
  PictureForm wanted = form(DownloadResize::keep_ratio_largest, 1);
  const Image image = decoded(fit_picture(picture(50, 50), wanted));
  EXPECT_THAT(std::abs(image.rgb[0] - 128), Lt(2));
  EXPECT_THAT(std::abs(image.rgb[2] - 128), Lt(2));
}

}  // namespace
}  // namespace diptych::curate
