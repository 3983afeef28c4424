#include "checkpoint/containers/gguf.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "checkpoint/containers/gguf_builder.h"
#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using test::expect_error;
using test::gguf_entry;
using test::gguf_file;
using test::gguf_pair;
using test::gguf_text;
using test::little_endian;

Gguf gguf_from(const std::string& bytes) {
  return read_gguf(std::as_bytes(std::span(bytes)), "test.gguf", nullptr);
}

void expect_gguf_refused(const std::string& bytes, ErrorCode code, const std::string& reason) {
  expect_error([&] { gguf_from(bytes); }, code, reason);
}

constexpr std::uint32_t kF32 = 0;

TEST(Gguf, ReadsPairsAndTensors) {
  const float values[] = {1, 2, 3, 4, 5, 6};
  const std::string data(reinterpret_cast<const char*>(values), sizeof values);
  const std::string bytes =
      gguf_file({gguf_pair("general.name", 8, gguf_text("tiny")),
                 gguf_pair("count", 4, little_endian<std::uint32_t>(7)), gguf_pair("flag", 7, "\1"),
                 gguf_pair("tokens", 9,
                           little_endian<std::uint32_t>(8) + little_endian<std::uint64_t>(2) +
                               gguf_text("a") + gguf_text("b")),
                 gguf_pair("mean", 9,
                           little_endian<std::uint32_t>(6) + little_endian<std::uint64_t>(2) +
                               little_endian(0.5F) + little_endian(-2.0F))},
                {gguf_entry("w", {3, 2}, kF32, 0)}, data);
  const Gguf got = gguf_from(bytes);
  EXPECT_EQ(got.metadata, (Metadata{{"general.name", "tiny"},
                                    {"count", "7"},
                                    {"flag", "true"},
                                    {"tokens", "2 values"},
                                    {"mean", "0.5, -2"}}));
  EXPECT_EQ(got.tensors.at("w").shape, Shape({2, 3}));
  EXPECT_EQ(to_floats(got.tensors.at("w")), std::vector<float>(values, values + 6));
}

TEST(Gguf, FollowsItsAlignment) {
  std::string bytes =
      gguf_file({gguf_pair("general.alignment", 4, little_endian<std::uint32_t>(4))},
                {gguf_entry("w", {1}, 24, 0)}, "");
  // The header ends at a multiple of four that is none of 32.
  const std::size_t end = (24 + 8 + 17 + 4 + 4 + 8 + 1 + 4 + 8 + 4 + 8 + 3) / 4 * 4;
  bytes.resize(end);
  EXPECT_EQ(to_integers(gguf_from(bytes + "\x05").tensors.at("w")), std::vector<std::int64_t>{5});
}

/// One block of each quantised type: scale 0.5 and, where there is one, minimum -1; quant i is i
/// mod 16, and the fifth bit is set in the upper half. Expected by ggml's definition of the types.
TEST(Gguf, DequantisesBlocks) {
  const std::string half = little_endian(float_to_half(0.5F));
  const std::string minimum = little_endian(float_to_half(-1.0F));
  const std::string high = little_endian<std::uint32_t>(0xFFFF0000U);
  std::string quants;
  std::string bytes8;
  for (int i = 0; i < 16; ++i) quants += static_cast<char>(i | i << 4);
  for (int i = 0; i < 32; ++i) bytes8 += static_cast<char>(i - 16);
  struct Case {
    std::uint32_t type;
    std::string block;
    float (*expected)(int);
  };
  for (const auto& [type, block, expected] : std::initializer_list<Case>{
           {2, half + quants, [](int i) { return 0.5F * static_cast<float>(i % 16 - 8); }},
           {3, half + minimum + quants,
            [](int i) { return 0.5F * static_cast<float>(i % 16) - 1.0F; }},
           {6, half + high + quants, [](int i) { return 0.5F * static_cast<float>(i - 16); }},
           {7, half + minimum + high + quants,
            [](int i) { return 0.5F * static_cast<float>(i) - 1.0F; }},
           {8, half + bytes8, [](int i) { return 0.5F * static_cast<float>(i - 16); }}}) {
    // Values are computed from the file's bytes when they are asked for.
    const std::string file = gguf_file({}, {gguf_entry("w", {32, 2}, type, 0)}, block + block);
    const Gguf got = gguf_from(file);
    const std::vector<float> values = to_floats(got.tensors.at("w"));
    ASSERT_EQ(values.size(), 64U);
    for (int i = 0; i < 64; ++i)
      EXPECT_EQ(values[static_cast<std::size_t>(i)], expected(i % 32)) << type << " " << i;
  }
}

TEST(Gguf, RefusesATruncatedFile) {
  const std::string bytes = gguf_file({gguf_pair("a", 8, gguf_text("b"))},
                                      {gguf_entry("w", {4}, kF32, 0)}, std::string(16, '\0'));
  for (std::size_t size = 4; size < bytes.size(); ++size)
    expect_gguf_refused(bytes.substr(0, size), ErrorCode::corrupt_data, "gguf");
}

TEST(Gguf, RefusesWhatContradicts) {
  const std::string data(16, '\0');
  expect_gguf_refused(gguf_file({}, {gguf_entry("w", {4}, kF32, 1)}, data), ErrorCode::corrupt_data,
                      "expected 16");
  expect_gguf_refused(gguf_file({}, {gguf_entry("w", {~0ULL}, kF32, 0)}, data),
                      ErrorCode::corrupt_data, "size");
  expect_gguf_refused(gguf_file({}, {gguf_entry("w", {1ULL << 40, 1ULL << 40}, kF32, 0)}, data),
                      ErrorCode::corrupt_data, "overflows");
  expect_gguf_refused(gguf_file({}, {gguf_entry("w", {4}, kF32, ~0ULL)}, data),
                      ErrorCode::corrupt_data, "overflows");
  expect_gguf_refused(
      gguf_file({}, {gguf_entry("w", {1}, kF32, 0), gguf_entry("w", {1}, kF32, 4)}, data),
      ErrorCode::corrupt_data, "occurs twice");
  expect_gguf_refused(
      gguf_file({}, {gguf_entry("w", std::vector<std::uint64_t>(9, 1), kF32, 0)}, data),
      ErrorCode::corrupt_data, "dimensions");
  expect_gguf_refused(gguf_file({}, {gguf_entry("w", {16, 2}, 8, 0)}, data),
                      ErrorCode::corrupt_data, "multiple of 32");
  expect_gguf_refused(
      gguf_file({gguf_pair("general.alignment", 4, little_endian<std::uint32_t>(0))}, {}, ""),
      ErrorCode::corrupt_data, "alignment");
  expect_gguf_refused(gguf_file({gguf_pair("\xff", 7, "\1")}, {}, ""), ErrorCode::corrupt_data,
                      "UTF-8");
}

TEST(Gguf, RefusesQuantisedTensorsThatShareTheirBytes) {
  std::vector<std::string> entries;
  for (int i = 0; i < 100; ++i)
    entries.push_back(gguf_entry(fmt::format("w{}", i), {32 * 400}, 8, 0));
  expect_gguf_refused(gguf_file({}, entries, std::string(34 * 400, '\0')), ErrorCode::corrupt_data,
                      "share");
}

TEST(Gguf, RefusesWhatItHasNot) {
  expect_gguf_refused(gguf_file({}, {}, "", 1), ErrorCode::unsupported, "version 1");
  expect_gguf_refused(gguf_file({}, {gguf_entry("w", {256}, 12, 0)}, std::string(144, '\0')),
                      ErrorCode::unsupported, "ggml type 12");
  expect_gguf_refused(gguf_file({gguf_pair("a", 99, "")}, {}, ""), ErrorCode::unsupported,
                      "value type 99");
}

}  // namespace
}  // namespace diptych::checkpoint
