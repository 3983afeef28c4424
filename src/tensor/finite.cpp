#include "tensor/finite.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace diptych {
namespace {

/// The largest of the elements' bits without their signs, which order as their magnitudes do; an
/// exponent of all ones, of NaN and infinity, above all others. Without branches within a block, so
/// that compilers make vector code of it; the elements may be unaligned.
template <typename Bits>
Bits largest_bits(std::span<const std::byte> elements) {
  constexpr std::size_t kBlock = 1024;
  constexpr Bits kMagnitude = std::numeric_limits<Bits>::max();
  std::array<Bits, kBlock> block;
  Bits largest = 0;
  while (!elements.empty()) {
    const std::size_t bytes = std::min(elements.size(), sizeof block);
    std::memcpy(block.data(), elements.data(), bytes);
    for (std::size_t i = 0; i < bytes / sizeof(Bits); ++i)
      largest = std::max(largest, static_cast<Bits>(block[i] & kMagnitude));
    elements = elements.subspan(bytes);
  }
  return largest;
}

/// The number that such bits stand for; infinity for NaN.
template <typename Bits>
double magnitude_of(Bits bits, Bits infinity, DType dtype) {
  if (bits >= infinity) return std::numeric_limits<double>::infinity();
  if constexpr (sizeof(Bits) == sizeof(double)) return std::bit_cast<double>(bits);
  return to_floats({dtype, {1}, std::as_bytes(std::span(&bits, 1)), nullptr}).front();
}

}  // namespace

double largest_magnitude(std::span<const std::byte> elements, DType dtype) {
  switch (dtype) {
    case DType::float32:
      return magnitude_of<std::int32_t>(largest_bits<std::int32_t>(elements), 0x7F800000, dtype);
    case DType::float16:
      return magnitude_of<std::int16_t>(largest_bits<std::int16_t>(elements), 0x7C00, dtype);
    case DType::bfloat16:
      return magnitude_of<std::int16_t>(largest_bits<std::int16_t>(elements), 0x7F80, dtype);
    case DType::float64:
      return magnitude_of<std::int64_t>(largest_bits<std::int64_t>(elements), 0x7FF0000000000000,
                                        dtype);
    default:
      return 0.0;
  }
}

bool all_finite(std::span<const std::byte> elements, DType dtype) {
  return std::isfinite(largest_magnitude(elements, dtype));
}

bool all_finite(const TensorView& tensor) {
  const DenseTensor dense(tensor);
  return all_finite(dense.bytes(), tensor.dtype);
}

}  // namespace diptych
