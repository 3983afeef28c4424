#include "checkpoint/keys/transform.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace diptych::checkpoint {
namespace {

/// What leads `shape` with dimensions of size 1 is left out, at most `count` of them.
Shape without_leading_ones(Shape shape, int count) {
  for (; count > 0 && !shape.empty() && shape.front() == 1; --count) shape.erase(shape.begin());
  return shape;
}

/// The transpose of a matrix of elements of `Size` bytes, in blocks whose lines stay in the cache.
template <std::size_t Size>
void transpose_matrix(const std::byte* in, std::size_t rows, std::size_t columns, std::byte* out) {
  constexpr std::size_t kBlock = 32;
  for (std::size_t top = 0; top < rows; top += kBlock) {
    for (std::size_t left = 0; left < columns; left += kBlock) {
      for (std::size_t row = top; row < std::min(top + kBlock, rows); ++row) {
        for (std::size_t column = left; column < std::min(left + kBlock, columns); ++column) {
          std::memcpy(out + (column * rows + row) * Size, in + (row * columns + column) * Size,
                      Size);
        }
      }
    }
  }
}

void transpose_matrix(const TensorView& tensor, std::size_t rows, std::size_t columns,
                      std::byte* out) {
  const std::byte* in = tensor.bytes.data();
  switch (size_of(tensor.dtype)) {
    case 2:
      return transpose_matrix<2>(in, rows, columns, out);
    case 4:
      return transpose_matrix<4>(in, rows, columns, out);
    case 8:
      return transpose_matrix<8>(in, rows, columns, out);
    default:
      fail(ErrorCode::unsupported, "transpose: a tensor of {}", name(tensor.dtype));
  }
}

/// [places, inputs, outputs] -> [outputs, inputs, places].
void reverse_dimensions(const TensorView& tensor, std::size_t places, std::size_t inputs,
                        std::size_t outputs, std::byte* out) {
  const std::size_t size = size_of(tensor.dtype);
  const std::byte* in = tensor.bytes.data();
  for (std::size_t place = 0; place < places; ++place) {
    for (std::size_t input = 0; input < inputs; ++input) {
      for (std::size_t output = 0; output < outputs; ++output, in += size)
        std::memcpy(out + ((output * inputs + input) * places + place) * size, in, size);
    }
  }
}

constexpr std::int64_t kChannels = 3;

/// The side of a square of so many places, or 0.
std::int64_t square_side(std::int64_t places) {
  const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(places))));
  return side * side == places ? side : 0;
}

/// The side of square patches of so many values, or 0.
std::int64_t patch_side(std::int64_t values) {
  return values % kChannels == 0 ? square_side(values / kChannels) : 0;
}

/// Transposes a matrix of `rows` x `columns` in each row of a tensor.
void transpose_each_row(const TensorView& tensor, std::size_t rows, std::size_t columns,
                        std::byte* out) {
  const std::size_t row_bytes = rows * columns * size_of(tensor.dtype);
  TensorView row = tensor;
  for (std::size_t begin = 0; begin < tensor.bytes.size(); begin += row_bytes) {
    row.bytes = tensor.bytes.subspan(begin, row_bytes);
    transpose_matrix(row, rows, columns, out + begin);
  }
}

}  // namespace

std::optional<Transform> reverse_of(Transform transform) {
  switch (transform) {
    case Transform::same:
    case Transform::reshape:
    case Transform::batched:
    case Transform::token:
    case Transform::stack:
      return Transform::same;
    case Transform::transpose:
      return Transform::transpose;
    case Transform::patches:
      return Transform::flat_patches;
    case Transform::grid:
      return Transform::square_grid;
    default:
      return std::nullopt;
  }
}

Shape transformed_shape(Transform transform, Shape shape) {
  switch (transform) {
    case Transform::batched:
      return without_leading_ones(std::move(shape), 1);
    case Transform::token:
      return without_leading_ones(std::move(shape), 2);
    case Transform::transpose:
      return shape.size() == 2 ? Shape{shape[1], shape[0]} : shape;
    case Transform::heads:
      return shape.size() == 2 ? Shape{element_count(shape)} : shape;
    case Transform::to_heads:
      return shape.size() == 3 ? Shape{element_count({shape[1], shape[2]}), shape[0]} : Shape{};
    case Transform::from_heads:
      return shape.size() == 3 ? Shape{shape[2], element_count({shape[0], shape[1]})} : Shape{};
    case Transform::convolution:
      return shape.size() == 4 ? Shape{shape[3], shape[2], shape[0], shape[1]} : Shape{};
    case Transform::patches: {
      const std::int64_t side = shape.size() == 2 ? patch_side(shape[1]) : 0;
      return side > 0 ? Shape{shape[0], kChannels, side, side} : Shape{};
    }
    case Transform::grid:
      return shape.size() == 4 && shape[0] == 1
                 ? Shape{element_count({shape[1], shape[2]}), shape[3]}
                 : Shape{};
    case Transform::flat_patches:
      return shape.size() == 4 ? Shape{shape[0], element_count({shape[1], shape[2], shape[3]})}
                               : Shape{};
    case Transform::square_grid: {
      const std::int64_t side = shape.size() == 2 ? square_side(shape[0]) : 0;
      return side > 0 ? Shape{1, side, side, shape[1]} : Shape{};
    }
    default:
      return shape;
  }
}

bool moves_elements(Transform transform) {
  return transform == Transform::transpose || transform == Transform::to_heads ||
         transform == Transform::from_heads || transform == Transform::convolution ||
         transform == Transform::patches || transform == Transform::flat_patches;
}

void transform_elements(Transform transform, const TensorView& tensor, std::span<std::byte> out) {
  if (tensor.bytes.empty()) return;
  const auto size = [&](std::size_t dimension) {
    return static_cast<std::size_t>(tensor.shape.at(dimension));
  };
  switch (transform) {
    case Transform::transpose:
      return transpose_matrix(tensor, size(0), size(1), out.data());
    case Transform::to_heads:
      return transpose_matrix(tensor, size(0), size(1) * size(2), out.data());
    case Transform::from_heads:
      return transpose_matrix(tensor, size(0) * size(1), size(2), out.data());
    case Transform::convolution:
      return reverse_dimensions(tensor, size(0) * size(1), size(2), size(3), out.data());
    case Transform::patches:
      return transpose_each_row(tensor, size(1) / kChannels, kChannels, out.data());
    case Transform::flat_patches:
      return transpose_each_row(tensor, size(1), size(2) * size(3), out.data());
    default:
      std::copy(tensor.bytes.begin(), tensor.bytes.end(), out.begin());
  }
}

}  // namespace diptych::checkpoint
