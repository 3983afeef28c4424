#include "image/colour_operations.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace diptych::image {
namespace {

using Table = std::array<std::uint8_t, 256>;

std::uint8_t to_byte(float value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F) + 0.5F);
}

void map_values(Image& image, const Table& table) {
  for (std::uint8_t& value : image.rgb) value = table[value];
}

/// base + factor (value - base) of every value.
Table blend_table(float base, float factor) {
  Table table;
  for (std::size_t i = 0; i < table.size(); ++i)
    table[i] = to_byte(base + factor * (static_cast<float>(i) - base));
  return table;
}

/// ITU-R 601 luma in 16-bit fixed point.
std::uint8_t luma(const std::uint8_t* rgb) {
  return static_cast<std::uint8_t>((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 32768) >> 16);
}

/// One channel of a pixel of full hue circle position `sector` (0 to 6), from `low` to `high`:
/// channels rise and fall in turn, two sectors apart.
float channel_of_hue(float sector, float offset, float low, float high) {
  float distance = std::abs(sector - offset);
  distance = std::min(distance, 6.0F - distance);
  return low + (high - low) * std::clamp(2.0F - distance, 0.0F, 1.0F);
}

/// Position on the hue circle, 0 to 6, red at 0, green at 2, blue at 4.
float hue_sector(const std::uint8_t* rgb, int high, int range) {
  const float scale = 1.0F / static_cast<float>(range);
  if (rgb[0] == high) {
    const float sector = static_cast<float>(rgb[1] - rgb[2]) * scale;
    return sector < 0.0F ? sector + 6.0F : sector;
  }
  if (rgb[1] == high) return 2.0F + static_cast<float>(rgb[2] - rgb[0]) * scale;
  return 4.0F + static_cast<float>(rgb[0] - rgb[1]) * scale;
}

}  // namespace

void adjust_brightness(Image& image, double factor) {
  map_values(image, blend_table(0.0F, static_cast<float>(factor)));
}

void adjust_contrast(Image& image, double factor) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < image.rgb.size(); i += 3) sum += luma(&image.rgb[i]);
  const std::uint64_t pixels = std::max<std::uint64_t>(image.rgb.size() / 3, 1);
  const auto mean = static_cast<float>((sum + pixels / 2) / pixels);
  map_values(image, blend_table(mean, static_cast<float>(factor)));
}

void adjust_saturation(Image& image, double factor) {
  const auto f = static_cast<float>(factor);
  for (std::size_t i = 0; i < image.rgb.size(); i += 3) {
    const auto grey = static_cast<float>(luma(&image.rgb[i]));
    for (std::size_t c = 0; c < 3; ++c)
      image.rgb[i + c] = to_byte(grey + f * (static_cast<float>(image.rgb[i + c]) - grey));
  }
}

void adjust_hue(Image& image, double turns) {
  const auto shift = static_cast<float>(6.0 * (turns - std::floor(turns)));
  for (std::size_t i = 0; i < image.rgb.size(); i += 3) {
    std::uint8_t* const rgb = &image.rgb[i];
    const auto [low, high] = std::minmax({rgb[0], rgb[1], rgb[2]});
    if (low == high) continue;
    float sector = hue_sector(rgb, high, high - low) + shift;
    if (sector >= 6.0F) sector -= 6.0F;
    for (int c = 0; c < 3; ++c)
      rgb[c] = to_byte(channel_of_hue(sector, 2.0F * static_cast<float>(c), low, high));
  }
}

void make_grey(Image& image) {
  for (std::size_t i = 0; i < image.rgb.size(); i += 3)
    std::fill_n(&image.rgb[i], 3, luma(&image.rgb[i]));
}

void posterise(Image& image, int bits) {
  const int mask = 0xFF << (8 - bits) & 0xFF;
  for (std::uint8_t& value : image.rgb) value = static_cast<std::uint8_t>(value & mask);
}

void solarise(Image& image, int threshold) {
  for (std::uint8_t& value : image.rgb)
    if (value >= threshold) value = static_cast<std::uint8_t>(255 - value);
}

}  // namespace diptych::image
