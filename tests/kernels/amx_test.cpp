#include "kernels/amx.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/random.h"
#include "kernels/aligned_buffer.h"
#include "kernels/element.h"
#include "kernels/isa.h"
#include "kernels/matrix.h"
#include "tensor/dtype.h"

namespace diptych {
namespace {

using kernels::AlignedBuffer;
using kernels::DotProduct;
using kernels::kPanelWidth;
using kernels::TileRows;
using kernels::TileState;

TEST(TileRowsTest, CoverEveryRowOfABlockAndNoOther) {
  for (int rows = 1; rows <= 300; ++rows) {
    const TileRows tiles(rows);
    EXPECT_LE(tiles.height(), kernels::kTileRows);
    std::set<int> covered;
    for (int pair = 0; pair < tiles.pairs(); ++pair) {
      for (int i = 0; i < tiles.pair_rows(); ++i) covered.insert(tiles.first(pair) + i);
    }
    EXPECT_EQ(covered.size(), static_cast<std::size_t>(rows));
    EXPECT_EQ(*covered.begin(), 0);
    EXPECT_EQ(*covered.rbegin(), rows - 1);
  }
}

TEST(TileRowsTest, ComputeFewRowsTwice) {
  for (int rows = 17; rows <= 300; ++rows) {
    const TileRows tiles(rows);
    EXPECT_LT(tiles.pairs() * tiles.pair_rows() - rows, 2 * tiles.pairs()) << rows;
  }
}

class AmxTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!kernels::has_amx()) GTEST_SKIP() << "the processor has no AMX";
  }
};

AlignedBuffer random_words(std::size_t size, std::uint64_t seed, kernels::Element element) {
  Random random(seed);
  AlignedBuffer buffer(size);
  const auto half = [&] {
    return std::uint32_t{float_to_bfloat16(static_cast<float>(random.uniform()) - 0.5F)};
  };
  for (std::size_t i = 0; i < size; ++i) {
    buffer.words()[i] = element == kernels::Element::bf16
                            ? half() | half() << 16
                            : static_cast<std::uint32_t>(random.below(std::uint64_t{1} << 32));
  }
  return buffer;
}

float lower(std::uint32_t word) {
  return bfloat16_to_float(static_cast<std::uint16_t>(word & 0xFFFFU));
}
float upper(std::uint32_t word) {
  return bfloat16_to_float(static_cast<std::uint16_t>(word >> 16));
}

/// In the unit's order: 16 words at a time, even and odd inputs apart.
float sum_of_bf16(const DotProduct& product, int row, int column) {
  float sum = 0.0F;
  for (int first = 0; first < product.words; first += 16) {
    float even = 0.0F;
    float odd = 0.0F;
    for (int k = first; k < first + 16; ++k) {
      const std::uint32_t a =
          product.a[static_cast<std::size_t>(row) * product.a_stride + static_cast<std::size_t>(k)];
      const std::uint32_t b = product.b[k * kPanelWidth + column];
      even = std::fma(lower(a), lower(b), even);
      odd = std::fma(upper(a), upper(b), odd);
    }
    sum += even + odd;
  }
  return sum;
}

std::int32_t sum_of_int8(const DotProduct& product, int row, int column) {
  std::int32_t sum = 0;
  for (int k = 0; k < product.words; ++k) {
    const std::uint32_t a =
        product.a[static_cast<std::size_t>(row) * product.a_stride + static_cast<std::size_t>(k)];
    const std::uint32_t b = product.b[k * kPanelWidth + column];
    for (int shift = 0; shift < 32; shift += 8)
      sum += static_cast<int>(a >> shift & 0xFFU) * static_cast<std::int8_t>(b >> shift & 0xFFU);
  }
  return sum;
}

/// Computes every pair of blocks of many sizes and compares every sum with `oracle`, to the bit.
template <typename Sum, typename Multiply, typename Oracle>
void expect_oracle(kernels::Element element, const Multiply& multiply, const Oracle& oracle) {
  constexpr int kWords = 48;
  constexpr std::size_t kStride = 48 + 16;
  for (const int rows : {1, 3, 15, 16, 17, 31, 32, 50, 70}) {
    const AlignedBuffer a = random_words(static_cast<std::size_t>(rows) * kStride, 1, element);
    const AlignedBuffer b = random_words(std::size_t{kWords} * kPanelWidth, 2, element);
    const TileRows tiles(rows);
    const TileState state(tiles.height());
    for (int pair = 0; pair < tiles.pairs(); ++pair) {
      const DotProduct product{a.words() + static_cast<std::size_t>(tiles.first(pair)) * kStride,
                               kStride, b.words(), kWords};
      std::vector<Sum> sums(static_cast<std::size_t>(tiles.pair_rows()) * kPanelWidth);
      multiply(product, tiles, {}, sums.data());
      for (int row = 0; row < tiles.pair_rows(); ++row) {
        for (int column = 0; column < kPanelWidth; ++column)
          ASSERT_EQ(sums[static_cast<std::size_t>(row * kPanelWidth + column)],
                    oracle(product, row, column))
              << rows << " rows, pair " << pair << ", row " << row << ", column " << column;
      }
    }
  }
}

TEST_F(AmxTest, DoesWorkBesideInEveryStepOnce) {
  constexpr int kWords = 64;
  const AlignedBuffer a = random_words(16 * kWords, 1, kernels::Element::bf16);
  const AlignedBuffer b =
      random_words(std::size_t{kWords} * kPanelWidth, 2, kernels::Element::bf16);
  const TileRows tiles(16);
  const TileState state(tiles.height());
  std::vector<int> steps;
  const kernels::WorkBeside beside{
      [](const void* context, int step) {
        static_cast<std::vector<int>*>(const_cast<void*>(context))->push_back(step);
      },
      &steps};
  std::vector<float> sums(16 * kPanelWidth);
  kernels::amx_bf16({a.words(), kWords, b.words(), kWords}, tiles, beside, sums.data());
  EXPECT_EQ(steps, (std::vector<int>{0, 1, 2, 3}));
}

TEST_F(AmxTest, AddsProductsOfBf16InTheUnitsOrder) {
  expect_oracle<float>(kernels::Element::bf16, kernels::amx_bf16, sum_of_bf16);
}

TEST_F(AmxTest, AddsProductsOfInt8Exactly) {
  expect_oracle<std::int32_t>(kernels::Element::int8, kernels::amx_int8, sum_of_int8);
}

}  // namespace
}  // namespace diptych
