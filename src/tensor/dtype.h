#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace diptych {

enum class DType { float32, float16, bfloat16, float64, int8, uint8, int16, int32, int64, boolean };

/// Returns the bytes of one element.
std::size_t size_of(DType dtype) noexcept;

/// Returns "float32", "bfloat16", ... for messages and JSON.
std::string_view name(DType dtype) noexcept;

// IEEE 754 binary16 and bfloat16 as bit patterns; rounding is to nearest even, NaN stays NaN. Every
// case is computed and then chosen, here in the header, so that loops over them become vector code.

/// Chooses without a branch, which compilers like to make of `condition ? a : b` when one side is
/// costly.
inline std::uint32_t choose(bool condition, std::uint32_t yes, std::uint32_t no) noexcept {
  const std::uint32_t mask = 0U - static_cast<std::uint32_t>(condition);
  return (yes & mask) | (no & ~mask);
}

inline float half_to_float(std::uint16_t bits) noexcept {
  constexpr std::uint32_t kRebias = 112U << 23;  // between the exponents of the two formats
  const std::uint32_t sign = (bits & 0x8000U) << 16;
  const std::uint32_t magnitude = (bits & 0x7FFFU) << 13;
  const std::uint32_t number = magnitude + kRebias;
  const std::uint32_t infinite = number + kRebias;
  // A subnormal's mantissa, set after a leading one that is then subtracted.
  const float subnormal = std::bit_cast<float>(number + (1U << 23)) - 0x1.0p-14F;
  const std::uint32_t finite =
      choose(magnitude < (1U << 23), std::bit_cast<std::uint32_t>(subnormal), number);
  return std::bit_cast<float>(sign | choose(magnitude < (31U << 23), finite, infinite));
}

inline std::uint16_t float_to_half(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  // Subnormal: adding 0.5 leaves the rounded value in the low mantissa bits.
  const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
  const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(shifted) - 0x3F000000U;
  const std::uint32_t rounded = magnitude + 0xFFFU + ((magnitude >> 13) & 1U);
  const std::uint32_t number = (rounded - 0x38000000U) >> 13;
  const std::uint32_t finite = choose(magnitude < 0x38800000U, subnormal, number);
  const std::uint32_t half = choose(magnitude < 0x477FF000U, finite, 0x7C00U);
  return static_cast<std::uint16_t>(sign | choose(magnitude > 0x7F800000U, 0x7E00U, half));
}

inline float bfloat16_to_float(std::uint16_t bits) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

inline std::uint16_t float_to_bfloat16(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t quiet = (bits >> 16) | 0x40U;
  const std::uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
  return static_cast<std::uint16_t>(choose((bits & 0x7FFFFFFFU) > 0x7F800000U, quiet, rounded));
}

}  // namespace diptych
