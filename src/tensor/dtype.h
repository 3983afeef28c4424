#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace diptych {

enum class DType { float32, float16, bfloat16, float64, int8, uint8, int16, int32, int64, boolean };

/// Bytes of one element.
std::size_t size_of(DType dtype) noexcept;

/// "float32", "bfloat16", ... for messages and JSON.
std::string_view name(DType dtype) noexcept;

/// IEEE 754 binary16 and bfloat16 as bit patterns; rounding is to nearest even, NaN stays NaN.
float half_to_float(std::uint16_t bits) noexcept;
std::uint16_t float_to_half(float value) noexcept;
float bfloat16_to_float(std::uint16_t bits) noexcept;
std::uint16_t float_to_bfloat16(float value) noexcept;

}  // namespace diptych
