#include "kernels/pixels.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/row_blocks.h"

namespace diptych::kernels {
namespace {

constexpr int kChannels = 3;

}  // namespace

void patches(const float* pixels, const MapShape& shape, int size, MatrixView out,
             ThreadPool& pool) {
  const int across = shape.width / size;
  const int down = shape.height / size;
  ensure(out.rows == shape.batch * down * across && out.width == kChannels * size * size,
         "patches: shapes fit");
  for_each_row(out.rows, out.width, pool, [&](int row) {
    const int picture = row / (down * across);
    const int top = row / across % down * size;
    const int left = row % across * size;
    float* line = out.row(row);
    for (int channel = 0; channel < kChannels; ++channel) {
      const auto plane = static_cast<std::size_t>(picture * kChannels + channel);
      for (int y = top; y < top + size; ++y, line += size) {
        const std::size_t start =
            (plane * static_cast<std::size_t>(shape.height) + static_cast<std::size_t>(y)) *
                static_cast<std::size_t>(shape.width) +
            static_cast<std::size_t>(left);
        std::copy_n(pixels + start, size, line);
      }
    }
  });
}

void channels_last(const float* pixels, const MapShape& shape, MatrixView out, ThreadPool& pool) {
  ensure(out.rows == shape.rows() && out.width == kChannels, "channels_last: shapes fit");
  const int plane = shape.height * shape.width;
  for_each_row(out.rows, kChannels, pool, [&](int row) {
    const std::size_t start = static_cast<std::size_t>(row / plane) * kChannels * plane +
                              static_cast<std::size_t>(row % plane);
    for (int channel = 0; channel < kChannels; ++channel)
      out.row(row)[channel] = pixels[start + static_cast<std::size_t>(channel) * plane];
  });
}

}  // namespace diptych::kernels
