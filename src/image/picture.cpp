#include "image/picture.h"

#include <algorithm>
#include <cstring>

namespace diptych::image {
namespace {

/// a b / 255 rounded to the nearest, Pillow's MULDIV255.
int multiply_255(int a, int b) {
  const int product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}

void cmyk_to_rgb(const std::uint8_t* inks, std::uint8_t* rgb) {
  const int light = 255 - inks[3];
  for (int channel = 0; channel < 3; ++channel)
    rgb[channel] =
        static_cast<std::uint8_t>(std::max(light - multiply_255(inks[channel], light), 0));
}

std::uint16_t grey16_at(const std::uint8_t* bytes) {
  std::uint16_t value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

void grey16_to_rgb(const std::uint8_t* bytes, std::uint8_t* rgb) {
  std::memset(rgb, std::min<int>(grey16_at(bytes), 255), 3);
}

void premultiply(std::vector<std::uint8_t>& rgba) {
  for (std::size_t i = 0; i < rgba.size(); i += 4)
    for (std::size_t c = 0; c < 3; ++c)
      rgba[i + c] = static_cast<std::uint8_t>(multiply_255(rgba[i + c], rgba[i + 3]));
}

void divide_by_alpha(std::vector<std::uint8_t>& rgba) {
  for (std::size_t i = 0; i < rgba.size(); i += 4) {
    const int alpha = rgba[i + 3];
    if (alpha == 0) continue;
    for (std::size_t c = 0; c < 3; ++c)
      rgba[i + c] = static_cast<std::uint8_t>(std::min(255 * rgba[i + c] / alpha, 255));
  }
}

PixelView view(const Picture& picture, const std::vector<std::uint8_t>& pixels) {
  const int channels = bytes_per_pixel(picture.format);
  return {pixels.data(), picture.width, picture.height, channels,
          static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(channels)};
}

/// Colours weigh by their alpha: premultiplied before, divided after.
std::vector<std::uint8_t> resample_rgba(const Picture& picture, std::int64_t width,
                                        std::int64_t height, const Window& window,
                                        Interpolation interpolation) {
  std::vector<std::uint8_t> pixels = picture.pixels;
  premultiply(pixels);
  pixels = resample(view(picture, pixels), width, height, window, interpolation);
  divide_by_alpha(pixels);
  return pixels;
}

std::vector<std::uint8_t> resample_any(const Picture& picture, std::int64_t width,
                                       std::int64_t height, const Window& window,
                                       Interpolation interpolation) {
  const PixelView source = view(picture, picture.pixels);
  if (picture.width == width && picture.height == height)
    return resample_nearest(source, width, height, window);
  switch (picture.format) {
    case PixelFormat::indexed:
      return resample_nearest(source, width, height, window);
    case PixelFormat::rgba:
      return resample_rgba(picture, width, height, window, interpolation);
    case PixelFormat::grey16:
      return resample_grey16(source, width, height, window, interpolation);
    case PixelFormat::rgb:
    case PixelFormat::cmyk:
      break;
  }
  return resample(source, width, height, window, interpolation);
}

void lay_over(const std::uint8_t* rgba, const Colour& background, std::uint8_t* rgb) {
  const int alpha = rgba[3];
  for (std::size_t c = 0; c < 3; ++c)
    rgb[c] =
        static_cast<std::uint8_t>((rgba[c] * alpha + background[c] * (255 - alpha) + 127) / 255);
}

bool has_transparency(const Picture& picture) {
  return picture.format == PixelFormat::rgba ||
         (picture.format == PixelFormat::indexed &&
          std::any_of(picture.palette.begin(), picture.palette.end(),
                      [](const auto& colour) { return colour[3] != 255; }));
}

}  // namespace

Palette black_palette() {
  Palette palette;
  palette.fill({0, 0, 0, 255});
  return palette;
}

Palette black_and_white_palette() {
  Palette palette;
  palette.fill({255, 255, 255, 255});
  palette[0] = {0, 0, 0, 255};
  return palette;
}

int bytes_per_pixel(PixelFormat format) {
  switch (format) {
    case PixelFormat::rgb:
      return 3;
    case PixelFormat::indexed:
      return 1;
    case PixelFormat::rgba:
    case PixelFormat::cmyk:
      return 4;
    case PixelFormat::grey16:
      return 2;
  }
  return 0;
}

Image to_rgb(Picture picture) {
  Image image{picture.width, picture.height, {}, picture.facts};
  if (picture.format == PixelFormat::rgb) {
    image.rgb = std::move(picture.pixels);
    return image;
  }
  const auto step = static_cast<std::size_t>(bytes_per_pixel(picture.format));
  image.rgb.resize(picture.pixels.size() / step * 3);
  const std::uint8_t* in = picture.pixels.data();
  std::uint8_t* const end = image.rgb.data() + image.rgb.size();
  for (std::uint8_t* out = image.rgb.data(); out != end; in += step, out += 3) {
    switch (picture.format) {
      case PixelFormat::indexed:
        std::memcpy(out, picture.palette[*in].data(), 3);
        break;
      case PixelFormat::cmyk:
        cmyk_to_rgb(in, out);
        break;
      case PixelFormat::grey16:
        grey16_to_rgb(in, out);
        break;
      default:
        std::memcpy(out, in, 3);
    }
  }
  return image;
}

Picture resize(const Picture& picture, std::int64_t width, std::int64_t height,
               const Window& window, Interpolation interpolation) {
  Picture result{picture.format, window.width, window.height, {}, picture.palette, picture.facts};
  result.pixels = resample_any(picture, width, height, window, interpolation);
  return result;
}

void expand_grey(Picture& picture) {
  std::vector<std::uint8_t> rgb(picture.pixels.size() * 3);
  for (std::size_t i = 0; i < rgb.size(); ++i) rgb[i] = picture.pixels[i / 3];
  picture.pixels = std::move(rgb);
  picture.format = PixelFormat::rgb;
}

void scale_grey16(Picture& picture) {
  if (picture.format != PixelFormat::grey16) return;
  std::vector<std::uint8_t> rgb(picture.pixels.size() / 2 * 3);
  for (std::size_t i = 0; i < rgb.size(); i += 3)
    std::memset(&rgb[i], (grey16_at(&picture.pixels[i / 3 * 2]) + 128) / 257, 3);
  picture.pixels = std::move(rgb);
  picture.format = PixelFormat::rgb;
}

bool has_wide_grey(const Picture& picture) {
  if (picture.format != PixelFormat::grey16) return false;
  for (std::size_t i = 0; i < picture.pixels.size(); i += 2)
    if (grey16_at(&picture.pixels[i]) > 255) return true;
  return false;
}

void flatten(Picture& picture, const Colour& background) {
  if (!has_transparency(picture)) return;
  const bool indexed = picture.format == PixelFormat::indexed;
  const std::size_t step = indexed ? 1 : 4;
  std::vector<std::uint8_t> rgb(picture.pixels.size() / step * 3);
  const std::uint8_t* in = picture.pixels.data();
  for (std::size_t i = 0; i < rgb.size(); i += 3, in += step)
    lay_over(indexed ? picture.palette[*in].data() : in, background, &rgb[i]);
  picture.pixels = std::move(rgb);
  picture.format = PixelFormat::rgb;
}

}  // namespace diptych::image
