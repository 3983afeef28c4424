#include "image/spatial_operations.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "image/filter_bank.h"
#include "image/resample.h"

namespace diptych::image {
namespace {

using Fill = std::array<std::uint8_t, 3>;

/// The pixel (x, y), or `fill` where there is none.
const std::uint8_t* pixel_or(const Image& image, int x, int y, const Fill& fill) {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return fill.data();
  return image.rgb.data() + static_cast<std::size_t>(y * image.width + x) * 3;
}

/// The weighted sum of the kTaps x kTaps pixels from (left, top).
template <int kTaps>
void mix(const Image& image, int left, int top, const float* across, const float* down,
         const Fill& fill, std::uint8_t* out) {
  float sum[3] = {0.5F, 0.5F, 0.5F};
  for (int j = 0; j < kTaps; ++j)
    for (int i = 0; i < kTaps; ++i) {
      const std::uint8_t* p = pixel_or(image, left + i, top + j, fill);
      const float weight = across[i] * down[j];
      for (int c = 0; c < 3; ++c) sum[c] += weight * static_cast<float>(p[c]);
    }
  for (int c = 0; c < 3; ++c) out[c] = static_cast<std::uint8_t>(std::clamp(sum[c], 0.0F, 255.0F));
}

/// Weights of the pixels around a position that lies `fraction` after the middle two's first: of
/// two pixels linear, of four Keys' cubic with a = -0.5.
template <int kTaps>
void weigh(float fraction, float* weights) {
  if constexpr (kTaps == 2) {
    weights[0] = 1.0F - fraction;
    weights[1] = fraction;
  } else {
    const float t = fraction;
    const float t2 = t * t;
    const float t3 = t2 * t;
    weights[0] = -0.5F * t3 + t2 - 0.5F * t;
    weights[1] = 1.5F * t3 - 2.5F * t2 + 1.0F;
    weights[2] = -1.5F * t3 + 2.0F * t2 + 0.5F * t;
    weights[3] = 0.5F * t3 - 0.5F * t2;
  }
}

/// std::floor is a library call on plain x86-64, and this runs twice a pixel.
int round_down(double value) {
  const int towards_zero = static_cast<int>(value);
  return towards_zero - (value < towards_zero ? 1 : 0);
}

template <int kTaps>
Image warp_with(const Image& image, const Warp& map, const Fill& fill) {
  const double half_width = 0.5 * image.width;
  const double half_height = 0.5 * image.height;
  Image out{image.width, image.height, {}};
  out.rgb.resize(image.rgb.size());
  std::uint8_t* pixel = out.rgb.data();
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x, pixel += 3) {
      const double dx = x + 0.5 - half_width;
      const double dy = y + 0.5 - half_height;
      const double from_x = map.xx * dx + map.xy * dy + half_width - 0.5;
      const double from_y = map.yx * dx + map.yy * dy + half_height - 0.5;
      const int left = round_down(from_x);
      const int top = round_down(from_y);
      float across[kTaps];
      float down[kTaps];
      weigh<kTaps>(static_cast<float>(from_x - left), across);
      weigh<kTaps>(static_cast<float>(from_y - top), down);
      const int before = kTaps / 2 - 1;
      mix<kTaps>(image, left - before, top - before, across, down, fill, pixel);
    }
  return out;
}

RealFilterBank gaussian_bank(int length, double sigma) {
  const int radius = std::max(1, static_cast<int>(std::ceil(3.0 * sigma)));
  RealFilterBank bank;
  for (int i = 0; i < length; ++i) {
    const int first = std::max(i - radius, 0);
    const int end = std::min(i + radius + 1, length);
    std::vector<double> weights;
    double sum = 0.0;
    for (int j = first; j < end; ++j) {
      const double distance = (j - i) / sigma;
      weights.push_back(std::exp(-0.5 * distance * distance));
      sum += weights.back();
    }
    for (double& weight : weights) weight /= sum;
    bank.first.push_back(first);
    bank.weights.push_back(std::move(weights));
  }
  return bank;
}

}  // namespace

void flip(Image& image) {
  const std::size_t width = static_cast<std::size_t>(image.width);
  for (std::size_t y = 0; y < static_cast<std::size_t>(image.height); ++y) {
    std::uint8_t* const row = image.rgb.data() + y * width * 3;
    for (std::size_t x = 0; x < width / 2; ++x)
      std::swap_ranges(row + x * 3, row + x * 3 + 3, row + (width - 1 - x) * 3);
  }
}

Image blur(const Image& image, double sigma) {
  Image out{image.width, image.height, {}};
  out.rgb = filter(view(image), fixed_point(gaussian_bank(image.width, sigma)),
                   fixed_point(gaussian_bank(image.height, sigma)));
  return out;
}

Image sharpen(const Image& image, double factor) {
  Image out = image;
  const int stride = image.width * 3;
  const auto f = static_cast<float>(factor);
  for (int y = 1; y + 1 < image.height; ++y)
    for (int i = y * stride + 3; i < (y + 1) * stride - 3; ++i) {
      const std::uint8_t* p = image.rgb.data() + i;
      const int around = p[-stride - 3] + p[-stride] + p[-stride + 3] + p[-3] + p[3] +
                         p[stride - 3] + p[stride] + p[stride + 3];
      const float smooth = static_cast<float>(around + 5 * p[0]) / 13.0F;
      const float value = smooth + f * (static_cast<float>(p[0]) - smooth);
      out.rgb[static_cast<std::size_t>(i)] =
          static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F) + 0.5F);
    }
  return out;
}

Warp rotation_and_shear(double rotation, double shear) {
  const double angle = rotation * std::numbers::pi / 180.0;
  const double lean = std::tan(shear * std::numbers::pi / 180.0);
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  return {c + lean * s, -s + lean * c, s, c};
}

Image warp(const Image& image, const Warp& map, Interpolation interpolation, const Fill& fill) {
  return interpolation == Interpolation::bicubic ? warp_with<4>(image, map, fill)
                                                 : warp_with<2>(image, map, fill);
}

}  // namespace diptych::image
