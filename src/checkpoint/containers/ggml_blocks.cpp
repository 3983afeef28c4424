#include "checkpoint/containers/ggml_blocks.h"

#include <array>
#include <cstring>

#include "base/error.h"

// The block layouts: ggml's ggml-common.h. A block holds 32 elements: its scale d (half), for the
// types ending in 1 its minimum m (half), for five bits the high bits (32 bits), then the quants. A
// byte of four-bit quants holds element i in its low half and element i + 16 in its high half.

namespace diptych::checkpoint {
namespace {

constexpr std::uint32_t kBlock = 32;
constexpr std::uint32_t kQ4_0 = 2;
constexpr std::uint32_t kQ4_1 = 3;
constexpr std::uint32_t kQ5_0 = 6;
constexpr std::uint32_t kQ5_1 = 7;
constexpr std::uint32_t kQ8_0 = 8;

constexpr std::array<GgmlType, 12> kTypes = {{{0, "F32", 1, 4, DType::float32},
                                              {1, "F16", 1, 2, DType::float16},
                                              {kQ4_0, "Q4_0", kBlock, 18, std::nullopt},
                                              {kQ4_1, "Q4_1", kBlock, 20, std::nullopt},
                                              {kQ5_0, "Q5_0", kBlock, 22, std::nullopt},
                                              {kQ5_1, "Q5_1", kBlock, 24, std::nullopt},
                                              {kQ8_0, "Q8_0", kBlock, 34, std::nullopt},
                                              {24, "I8", 1, 1, DType::int8},
                                              {25, "I16", 1, 2, DType::int16},
                                              {26, "I32", 1, 4, DType::int32},
                                              {28, "F64", 1, 8, DType::float64},
                                              {30, "BF16", 1, 2, DType::bfloat16}}};

template <typename T>
T take(const std::byte*& from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  from += sizeof value;
  return value;
}

void dequantise_bytes(const std::byte* from, std::span<float> out) {
  const float scale = half_to_float(take<std::uint16_t>(from));
  for (float& value : out) value = scale * static_cast<float>(take<std::int8_t>(from));
}

/// Four or five bits an element.
void dequantise_bits(const std::byte* from, bool has_minimum, bool has_high_bits,
                     std::span<float> out) {
  const float scale = half_to_float(take<std::uint16_t>(from));
  const float minimum = has_minimum ? half_to_float(take<std::uint16_t>(from)) : 0.0F;
  const std::uint32_t high_bits = has_high_bits ? take<std::uint32_t>(from) : 0;
  // Without a minimum the quants are centred around zero.
  const int centre = has_minimum ? 0 : has_high_bits ? 16 : 8;
  for (std::uint32_t i = 0; i < kBlock; ++i) {
    const auto packed = std::to_integer<std::uint32_t>(from[i % (kBlock / 2)]);
    const std::uint32_t low = i < kBlock / 2 ? packed & 15U : packed >> 4;
    const std::uint32_t quant = low | (high_bits >> i & 1U) << 4;
    out[i] = scale * static_cast<float>(static_cast<int>(quant) - centre) + minimum;
  }
}

}  // namespace

const GgmlType* find_ggml_type(std::uint32_t id) {
  for (const GgmlType& type : kTypes) {
    if (type.id == id) return &type;
  }
  return nullptr;
}

void dequantise(const GgmlType& type, std::span<const std::byte> blocks, std::span<std::byte> out) {
  std::array<float, kBlock> values;
  ensure(!type.dtype && blocks.size() / type.bytes * sizeof values == out.size(),
         "the blocks fill the output");
  for (std::size_t i = 0; i * sizeof values < out.size(); ++i) {
    const std::byte* from = blocks.data() + i * type.bytes;
    if (type.id == kQ8_0) {
      dequantise_bytes(from, values);
    } else {
      dequantise_bits(from, type.id == kQ4_1 || type.id == kQ5_1,
                      type.id == kQ5_0 || type.id == kQ5_1, values);
    }
    std::memcpy(out.data() + i * sizeof values, values.data(), sizeof values);
  }
}

}  // namespace diptych::checkpoint
