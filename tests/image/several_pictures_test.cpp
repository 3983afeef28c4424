#include "image/several_pictures.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/mapped_file.h"
#include "diptych/image.h"
#include "support/support.h"

namespace diptych::image {
namespace {

using namespace std::string_literals;

bool has_several(const std::string& file) {
  const std::string name = "test";
  const DecodeOptions options;
  return has_several_pictures({std::as_bytes(std::span(file)), name, options});
}

std::string fixture(const std::string& name) {
  return read_text_file(test::data_path(name));
}

/// A GIF of 1 x 1 with so many frames, each with a colour table.
std::string gif(int frames) {
  std::string file = "GIF89a\1\0\1\0\x80\0\0"s + "rgbRGB";
  for (int i = 0; i < frames; ++i) {
    file += "!\xF9\4\0\1\0\0\0"s;
    file += ",\0\0\0\0\1\0\1\0\x80"s + "rgbRGB" + "\2\2\x44\1\0"s;
  }
  return file + ";";
}

TEST(SeveralPictures, AreFramesOfAGif) {
  EXPECT_TRUE(has_several(gif(2)));
  EXPECT_FALSE(has_several(gif(1)));
  const std::string whole = gif(2);
  for (std::size_t size = 0; size < whole.size(); ++size) has_several(whole.substr(0, size));
  EXPECT_FALSE(has_several(whole.substr(0, 50))) << "cut within the first";
}

TEST(SeveralPictures, AreSaidInAPngBeforeItsPixels) {
  const auto png = [](const std::string& chunks) { return "\x89PNG\r\n\x1A\n"s + chunks; };
  const std::string header = "\0\0\0\1IHDRxCRC4"s;
  const auto animation = [](char frames) {
    return "\0\0\0\10acTL\0\0\0"s + frames + "\0\0\0\0CRC4"s;
  };
  EXPECT_TRUE(has_several(png(header + animation(2))));
  EXPECT_FALSE(has_several(png(header + animation(1))));
  EXPECT_FALSE(has_several(png(header + "\0\0\0\0IDATCRC4"s + animation(2))));
  EXPECT_FALSE(has_several(png("\xFF\xFF\xFF\xFFIHDR"s)));
  EXPECT_FALSE(has_several(fixture("images/rgb.png")));
}

TEST(SeveralPictures, AreFramesOfAWebP) {
  const std::string start = "RIFF\0\0\0\0WEBPVP8X\x0A\0\0\0\2"s + "123456789";
  const std::string frame = "ANMF\3\0\0\0abc\0"s;
  EXPECT_TRUE(has_several(start + frame + frame));
  EXPECT_FALSE(has_several(start + frame));
  EXPECT_FALSE(has_several(fixture("images/lossy.webp")));
  EXPECT_TRUE(has_several(fixture("odd_images/animated.webp")));
}

/// A directory at `place` of one field, the kind of its picture, and where the next one is.
std::string directory(char kind, char next) {
  return "\1\0\xFE\0\4\0\1\0\0\0"s + kind + "\0\0\0"s + next + "\0\0\0"s;
}

TEST(SeveralPictures, ArePagesOfATiffThatAreNoSmallerCopies) {
  const std::string start = "II*\0\10\0\0\0"s;
  EXPECT_FALSE(has_several(start + directory(0, 0)));
  EXPECT_TRUE(has_several(start + directory(0, 26) + directory(2, 0))) << "a page";
  EXPECT_FALSE(has_several(start + directory(0, 26) + directory(1, 0))) << "a preview";
  EXPECT_FALSE(has_several(start + directory(0, 26) + directory(1, 26))) << "without an end";
  EXPECT_FALSE(has_several(start + directory(0, 99))) << "outside";
  EXPECT_TRUE(has_several(fixture("more_formats/two_pages.tif")));
}

TEST(SeveralPictures, OfHeicAndAvifAreToldByTheirBrand) {
  const auto brand = [](const char* name) {
    return std::string("\0\0\0\x2c", 4) + "ftyp" + name + std::string(4, '\0');
  };
  EXPECT_TRUE(has_several(brand("avis")));
  EXPECT_TRUE(has_several(brand("hevc")));
  EXPECT_FALSE(has_several(brand("avif")));
  EXPECT_FALSE(has_several(brand("heic")));
}

TEST(SeveralPictures, AreCounted) {
  PictureCounts counts;
  const std::string animated = gif(3);
  counts.add(decode_image(std::as_bytes(std::span(animated)), "animated.gif").facts);
  counts.add(load_image(test::data_path("images/rgb.png")).facts);
  EXPECT_EQ(counts.first_of_several, 1U);
}

}  // namespace
}  // namespace diptych::image
