#include "tensor/finite.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace diptych {
namespace {

/// An exponent of all ones means NaN or infinity. Without branches within a block, so that
/// compilers make vector code of it; the elements may be unaligned.
template <typename Bits>
bool all_finite(std::span<const std::byte> elements, Bits exponent) {
  constexpr std::size_t kBlock = 1024;
  std::array<Bits, kBlock> block;
  while (!elements.empty()) {
    const std::size_t bytes = std::min(elements.size(), sizeof block);
    std::memcpy(block.data(), elements.data(), bytes);
    Bits any = 0;
    for (std::size_t i = 0; i < bytes / sizeof(Bits); ++i)
      any |= static_cast<Bits>((block[i] & exponent) == exponent ? 1 : 0);
    if (any != 0) return false;
    elements = elements.subspan(bytes);
  }
  return true;
}

}  // namespace

bool all_finite(std::span<const std::byte> elements, DType dtype) {
  switch (dtype) {
    case DType::float32:
      return all_finite<std::uint32_t>(elements, 0x7F800000U);
    case DType::float16:
      return all_finite<std::uint16_t>(elements, 0x7C00U);
    case DType::bfloat16:
      return all_finite<std::uint16_t>(elements, 0x7F80U);
    case DType::float64:
      return all_finite<std::uint64_t>(elements, 0x7FF0000000000000U);
    default:
      return true;
  }
}

bool all_finite(const TensorView& tensor) {
  const DenseTensor dense(tensor);
  return all_finite(dense.bytes(), tensor.dtype);
}

}  // namespace diptych
