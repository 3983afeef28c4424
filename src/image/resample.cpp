#include "image/resample.h"

#include <algorithm>
#include <cstring>

#include "image/filter_bank.h"
#include "image/resample_kernels.h"

namespace diptych::image {
namespace {

using PixelBuffer = std::vector<std::uint8_t>;

/// One axis of the work: which outputs are wanted and from which inputs they come.
struct Axis {
  Axis(int inputs, std::int64_t outputs, std::int64_t begin, int count, Interpolation interpolation)
      : first(static_cast<int>(begin)), end(first + count), filtered(inputs != outputs) {
    if (!filtered) return;
    bank = filter_bank(inputs, outputs, begin, count, interpolation);
    first = bank.first.front();
    end = bank.first.back() + bank.count.back();
    for (int& input : bank.first) input -= first;
  }

  int first;      ///< first input that any wanted output reads
  int end;        ///< one past the last
  bool filtered;  ///< false where the axis keeps its length: Pillow then skips the pass
  FilterBank bank;
};

PixelView crop(const PixelView& source, int left, int top, int width, int height) {
  PixelView result = source;
  result.data += static_cast<std::size_t>(top) * source.stride +
                 static_cast<std::size_t>(left) * static_cast<std::size_t>(source.channels);
  result.width = width;
  result.height = height;
  return result;
}

std::size_t row_bytes(const PixelView& pixels) {
  return static_cast<std::size_t>(pixels.width) * static_cast<std::size_t>(pixels.channels);
}

const std::uint8_t* row(const PixelView& pixels, int y) {
  return pixels.data + static_cast<std::size_t>(y) * pixels.stride;
}

/// Filters every row; the result is kept in `storage`.
PixelView along_rows(const PixelView& in, const FilterBank& bank, PixelBuffer& storage) {
  const std::size_t in_stride = row_bytes(in) + kRowSlack;
  PixelView out = in;
  out.width = static_cast<int>(bank.first.size());
  out.stride = row_bytes(out) + kRowSlack;
  const std::vector<std::int32_t> weights = spread_weights(bank);
  PixelBuffer block(in_stride * kRowBlock);
  const int blocks = (in.height + kRowBlock - 1) / kRowBlock;
  storage.resize(static_cast<std::size_t>(blocks * kRowBlock) * out.stride);
  for (int y = 0; y < in.height; y += kRowBlock) {
    for (int r = 0; r < std::min(kRowBlock, in.height - y); ++r)
      std::memcpy(block.data() + static_cast<std::size_t>(r) * in_stride, row(in, y + r),
                  row_bytes(in));
    filter_rows(block.data(), in_stride, in.channels, bank, weights,
                storage.data() + static_cast<std::size_t>(y) * out.stride, out.stride);
  }
  out.data = storage.data();
  return out;
}

/// Filters every column; the result is kept in `storage`, without padding.
PixelView along_columns(const PixelView& in, const FilterBank& bank, PixelBuffer& storage) {
  PixelView out = in;
  out.height = static_cast<int>(bank.first.size());
  out.stride = row_bytes(in);
  storage.resize(static_cast<std::size_t>(out.height) * out.stride);
  for (std::size_t y = 0; y < bank.first.size(); ++y)
    filter_column(row(in, bank.first[y]), in.stride, bank.row(y), bank.count[y],
                  storage.data() + y * out.stride, out.stride);
  out.data = storage.data();
  return out;
}

PixelBuffer pack(const PixelView& pixels) {
  const std::size_t bytes = row_bytes(pixels);
  PixelBuffer result(bytes * static_cast<std::size_t>(pixels.height));
  for (int y = 0; y < pixels.height; ++y)
    std::memcpy(result.data() + static_cast<std::size_t>(y) * bytes, row(pixels, y), bytes);
  return result;
}

}  // namespace

PixelView view(const Image& image) {
  return view(image, 0, 0, image.width, image.height);
}

PixelView view(const Image& image, int left, int top, int width, int height) {
  const PixelView whole{image.rgb.data(), image.width, image.height, 3,
                        static_cast<std::size_t>(image.width) * 3};
  return crop(whole, left, top, width, height);
}

PixelBuffer resample(const PixelView& source, std::int64_t width, std::int64_t height,
                     const Window& window, Interpolation interpolation) {
  const Axis x(source.width, width, window.left, window.width, interpolation);
  const Axis y(source.height, height, window.top, window.height, interpolation);
  PixelView pixels = crop(source, x.first, y.first, x.end - x.first, y.end - y.first);
  PixelBuffer row_storage;
  PixelBuffer column_storage;
  if (columns_first(source, width, height)) {
    pixels = along_columns(pixels, y.bank, column_storage);
    if (x.filtered) pixels = along_rows(pixels, x.bank, row_storage);
  } else {
    if (x.filtered) pixels = along_rows(pixels, x.bank, row_storage);
    if (y.filtered) pixels = along_columns(pixels, y.bank, column_storage);
  }
  const bool packed = pixels.data == column_storage.data() && !column_storage.empty();
  return packed ? std::move(column_storage) : pack(pixels);
}

PixelBuffer filter(const PixelView& source, const FilterBank& across, const FilterBank& down) {
  PixelBuffer rows;
  PixelBuffer columns;
  along_columns(along_rows(source, across, rows), down, columns);
  return columns;
}

}  // namespace diptych::image
