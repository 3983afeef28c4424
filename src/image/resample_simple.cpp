// The two cases without fast kernels: 16-bit grey and nearest neighbour, both rare.

#include <algorithm>
#include <cstring>

#include "image/filter_bank.h"
#include "image/resample.h"

namespace diptych::image {
namespace {

/// One channel of 16 bits.
struct Plane {
  int width = 0;
  int height = 0;
  std::vector<std::uint16_t> values;

  Plane(int w, int h)
      : width(w), height(h), values(static_cast<std::size_t>(w) * static_cast<std::size_t>(h)) {}
  std::uint16_t& at(int x, int y) {
    return values[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                  static_cast<std::size_t>(x)];
  }
};

std::uint16_t round_to_16(double sum) {
  return static_cast<std::uint16_t>(
      std::clamp(static_cast<int>(sum >= 0.0 ? sum + 0.5 : sum - 0.5), 0, 65535));
}

Plane along_rows(Plane& in, const RealFilterBank& bank) {
  Plane out(static_cast<int>(bank.first.size()), in.height);
  for (int y = 0; y < out.height; ++y)
    for (std::size_t x = 0; x < bank.first.size(); ++x) {
      double sum = 0.0;
      for (std::size_t t = 0; t < bank.weights[x].size(); ++t)
        sum += in.at(bank.first[x] + static_cast<int>(t), y) * bank.weights[x][t];
      out.at(static_cast<int>(x), y) = round_to_16(sum);
    }
  return out;
}

Plane transpose(Plane& in) {
  Plane out(in.height, in.width);
  for (int y = 0; y < in.height; ++y)
    for (int x = 0; x < in.width; ++x) out.at(y, x) = in.at(x, y);
  return out;
}

Plane along_columns(Plane& in, const RealFilterBank& bank) {
  Plane turned = transpose(in);
  Plane filtered = along_rows(turned, bank);
  return transpose(filtered);
}

/// Input positions of `count` outputs from `begin`. Pillow adds the step up, rounding each time,
/// and so do we.
std::vector<int> nearest_inputs(int inputs, std::int64_t outputs, std::int64_t begin, int count) {
  const double step = static_cast<double>(inputs) / static_cast<double>(outputs);
  std::vector<int> result;
  double position = step * 0.5;
  for (std::int64_t i = 0; i < begin + count; ++i, position += step)
    if (i >= begin) result.push_back(std::min(static_cast<int>(position), inputs - 1));
  return result;
}

}  // namespace

std::vector<std::uint8_t> resample_grey16(const PixelView& source, std::int64_t width,
                                          std::int64_t height, const Window& window,
                                          Interpolation interpolation) {
  Plane plane(source.width, source.height);
  for (int y = 0; y < source.height; ++y)
    std::memcpy(&plane.at(0, y), source.data + static_cast<std::size_t>(y) * source.stride,
                static_cast<std::size_t>(source.width) * 2);
  const auto x = real_filter_bank(source.width, width, window.left, window.width, interpolation);
  const auto y = real_filter_bank(source.height, height, window.top, window.height, interpolation);
  if (columns_first(source, width, height)) {
    plane = along_columns(plane, y);
    plane = along_rows(plane, x);
  } else {
    plane = along_rows(plane, x);
    plane = along_columns(plane, y);
  }
  std::vector<std::uint8_t> bytes(plane.values.size() * 2);
  std::memcpy(bytes.data(), plane.values.data(), bytes.size());
  return bytes;
}

std::vector<std::uint8_t> resample_nearest(const PixelView& source, std::int64_t width,
                                           std::int64_t height, const Window& window) {
  const std::vector<int> columns = nearest_inputs(source.width, width, window.left, window.width);
  const std::vector<int> rows = nearest_inputs(source.height, height, window.top, window.height);
  const auto channels = static_cast<std::size_t>(source.channels);
  std::vector<std::uint8_t> out;
  out.reserve(columns.size() * rows.size() * channels);
  for (const int y : rows)
    for (const int x : columns) {
      const std::uint8_t* pixel = source.data + static_cast<std::size_t>(y) * source.stride +
                                  static_cast<std::size_t>(x) * channels;
      out.insert(out.end(), pixel, pixel + channels);
    }
  return out;
}

}  // namespace diptych::image
