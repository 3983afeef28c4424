#include "kernels/gemm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "kernels/every_isa.h"
#include "kernels/test_matrix.h"
#include "support/support.h"
#include "tensor/dtype.h"

namespace diptych {
namespace {

using kernels::Activation;
using kernels::Element;
using kernels::Format;
using kernels::PackedLinear;
using test::TestMatrix;

PackedLinear pack(const TestMatrix& weights, const TestMatrix& bias, Format format) {
  PackedLinear packed(weights.width(), weights.rows(), format);
  for (int panel = 0; panel < packed.panels(); ++panel) {
    std::vector<float> rows;
    const int first = panel * kernels::kPanelWidth;
    for (int o = first; o < std::min(first + kernels::kPanelWidth, weights.rows()); ++o)
      rows.insert(rows.end(), weights.view().row(o), weights.view().row(o) + weights.width());
    packed.set_panel(panel, rows.data());
  }
  std::copy_n(bias.view().row(0), weights.rows(), packed.bias());
  return packed;
}

float largest_magnitude(const TestMatrix& matrix, int row) {
  float largest = 0.0F;
  for (int i = 0; i < matrix.width(); ++i) largest = std::max(largest, std::abs(matrix.at(row, i)));
  return largest;
}

/// The most by which rounding moves `value`, in a row of this largest magnitude.
double rounding_error(Element element, double value, double largest) {
  if (element == Element::fp32) return 0.0;
  return element == Element::bf16 ? std::abs(value) * 0x1p-8 : largest / 127.0 * 0.5001;
}

struct Product {
  TestMatrix x;
  TestMatrix weights;
  TestMatrix bias;
  TestMatrix residual;
  PackedLinear packed;

  Product(int rows, int inputs, int outputs, Format format)
      : x(TestMatrix::random(rows, inputs, 1)),
        weights(TestMatrix::random(outputs, inputs, 2)),
        bias(TestMatrix::random(1, outputs, 3)),
        residual(TestMatrix::random(rows, outputs, 4)),
        packed(pack(weights, bias, format)) {}

  TestMatrix compute(bool with_residual, Activation activation, int threads) const {
    ThreadPool pool(threads);
    TestMatrix out(x.rows(), packed.outputs());
    const kernels::ConstMatrixView added = residual.view();
    kernels::gemm(x.view(), packed, activation, with_residual ? &added : nullptr, out.view(), pool);
    return out;
  }

  /// By the definition, in double precision, of one element.
  struct Expected {
    double sum;
    double tolerance;
  };
  Expected expected(int row, int output, bool with_residual) const {
    const double largest_x = largest_magnitude(x, row);
    const double largest_weight = largest_magnitude(weights, output);
    const double added = with_residual ? residual.at(row, output) : 0.0;
    double sum = bias.at(0, output) + added;
    double magnitude = std::abs(bias.at(0, output)) + std::abs(added);
    double rounding = 0.0;
    for (int i = 0; i < x.width(); ++i) {
      const double left = x.at(row, i);
      const double right = weights.at(output, i);
      const double left_error = rounding_error(packed.format().multiplied, left, largest_x);
      const double right_error = rounding_error(packed.format().stored, right, largest_weight);
      sum += left * right;
      magnitude += std::abs(left * right);
      rounding += std::abs(left) * right_error + (std::abs(right) + right_error) * left_error;
    }
    return {sum, rounding +
                     test::accumulation_tolerance(static_cast<std::size_t>(x.width()), magnitude)};
  }

  /// On every instruction set.
  void expect_near_oracle(bool with_residual) const {
    std::vector<Expected> elements;
    for (int row = 0; row < x.rows(); ++row) {
      for (int o = 0; o < packed.outputs(); ++o)
        elements.push_back(expected(row, o, with_residual));
    }
    test::with_every_isa([&] {
      const TestMatrix out = compute(with_residual, Activation::none, 2);
      auto element = elements.begin();
      for (int row = 0; row < x.rows(); ++row) {
        for (int o = 0; o < packed.outputs(); ++o, ++element)
          ASSERT_NEAR(out.at(row, o), element->sum, element->tolerance)
              << "row " << row << " of " << x.rows() << ", output " << o << " of "
              << packed.outputs() << ", inputs " << x.width();
      }
    });
  }
};

constexpr std::array kFormats = {
    Format{Element::fp32, Element::fp32}, Format{Element::bf16, Element::bf16},
    Format{Element::int8, Element::bf16}, Format{Element::int8, Element::int8}};

std::string format_name(const testing::TestParamInfo<Format>& info) {
  constexpr std::array kNames = {"Fp32", "Bf16", "Int8Weights", "Int8"};
  return kNames.at(info.index);
}

class GemmTest : public testing::TestWithParam<Format> {};
INSTANTIATE_TEST_SUITE_P(Formats, GemmTest, testing::ValuesIn(kFormats), format_name);

TEST_P(GemmTest, AgreesWithTheDefinitionForSizesAroundTilesAndPanels) {
  for (const int rows : {1, 2, 5, 6, 7, 11, 12, 13, 25, 33}) {
    for (const int inputs : {1, 3, 31, 64, 255, 256, 257, 600}) {
      for (const int outputs : {1, 15, 16, 31, 32, 33, 70})
        Product(rows, inputs, outputs, GetParam()).expect_near_oracle((rows + inputs) % 2 == 0);
    }
  }
}

TEST_P(GemmTest, AppliesTheActivationToTheWholeSum) {
  const Product product(13, 40, 50, GetParam());
  test::with_every_isa([&] {
    const TestMatrix plain = product.compute(true, Activation::none, 1);
    const TestMatrix rectified = product.compute(true, Activation::relu, 1);
    for (int row = 0; row < plain.rows(); ++row) {
      for (int o = 0; o < plain.width(); ++o)
        EXPECT_EQ(rectified.at(row, o), std::max(plain.at(row, o), 0.0F));
    }
  });
}

TEST_P(GemmTest, GivesARowTheSameBitsAloneInABatchAndOnAnyThread) {
  // Several blocks of rows, of panels and of depth.
  const Product product(301, 530, 400, GetParam());
  test::with_every_isa([&] {
    const TestMatrix all = product.compute(true, Activation::gelu, 1);
    const TestMatrix threaded = product.compute(true, Activation::gelu, 3);
    ThreadPool pool(1);
    for (int row = 0; row < all.rows(); ++row) {
      ASSERT_TRUE(std::equal(all.view().row(row), all.view().row(row) + all.width(),
                             threaded.view().row(row)))
          << "row " << row;
    }
    for (const int row : {0, 1, 7, 143, 144, 150, 299, 300}) {
      TestMatrix alone(1, all.width());
      const kernels::ConstMatrixView x{product.x.view().row(row), 1, product.x.width(), 0};
      const kernels::ConstMatrixView residual{product.residual.view().row(row), 1, all.width(), 0};
      kernels::gemm(x, product.packed, Activation::gelu, &residual, alone.view(), pool);
      ASSERT_TRUE(
          std::equal(all.view().row(row), all.view().row(row) + all.width(), alone.view().row(0)))
          << "row " << row;
    }
  });
}

/// [rows, width] of bf16 in memory of its own, rows at cache lines.
struct Bf16Matrix {
  kernels::AlignedBuffer memory;
  kernels::Bf16MatrixView view;

  Bf16Matrix(int rows, int width)
      : memory(static_cast<std::size_t>(rows) * kernels::padded_width(width) / 2),
        view{reinterpret_cast<std::uint16_t*>(memory.data()), rows, width,
             static_cast<std::size_t>(kernels::padded_width(width))} {}
};

TEST_P(GemmTest, RoundsWhatItWritesAsBf16) {
  const Product product(77, 100, 150, GetParam());
  test::with_every_isa([&] {
    if (!kernels::multiplies_bf16(product.packed)) return;
    ThreadPool pool(2);
    Bf16Matrix rounded(77, 150);
    kernels::gemm(product.x.view(), product.packed, Activation::gelu, rounded.view, pool);
    const TestMatrix out = product.compute(false, Activation::gelu, 2);
    for (int row = 0; row < 77; ++row) {
      for (int o = 0; o < 150; ++o)
        ASSERT_EQ(rounded.view.row(row)[o], float_to_bfloat16(out.at(row, o))) << row << ", " << o;
    }
  });
}

TEST_P(GemmTest, TakesBf16ToTheSameBitsAsWhatRoundsToIt) {
  const Product product(77, 150, 100, GetParam());
  Bf16Matrix rounded(77, 150);
  std::fill_n(rounded.memory.data(), rounded.memory.size(), 0.0F);
  for (int row = 0; row < 77; ++row)
    std::transform(product.x.view().row(row), product.x.view().row(row) + 150,
                   rounded.view.row(row), float_to_bfloat16);
  test::with_every_isa([&] {
    if (!kernels::multiplies_bf16(product.packed)) return;
    ThreadPool pool(2);
    TestMatrix out(77, 100);
    const kernels::ConstMatrixView residual = product.residual.view();
    kernels::gemm(kernels::ConstBf16MatrixView(rounded.view), product.packed, Activation::relu,
                  &residual, out.view(), pool);
    const TestMatrix expected = product.compute(true, Activation::relu, 2);
    for (int row = 0; row < 77; ++row)
      ASSERT_TRUE(
          std::equal(out.view().row(row), out.view().row(row) + 100, expected.view().row(row)))
          << "row " << row;
  });
}

TEST_P(GemmTest, TakesNoRows) {
  const Product product(0, 8, 8, GetParam());
  EXPECT_EQ(product.compute(false, Activation::none, 2).rows(), 0);
}

/// Whole numbers up to 127, which each row has: no format rounds them.
TestMatrix whole_numbers(int rows, int width, std::uint64_t seed) {
  Random random(seed);
  TestMatrix result(rows, width);
  for (int row = 0; row < rows; ++row) {
    for (int i = 0; i < width; ++i)
      result.at(row, i) = static_cast<float>(static_cast<int>(random.below(255)) - 127);
    result.at(row, row % width) = row % 2 == 0 ? 127.0F : -127.0F;
  }
  return result;
}

TEST_P(GemmTest, AddsWholeNumbersExactly) {
  test::with_every_isa([] {
    for (const int inputs : {5, 64, 500}) {
      Product product(14, inputs, 40, GetParam());
      product.x = whole_numbers(14, inputs, 5);
      product.weights = whole_numbers(40, inputs, 6);
      product.packed = pack(product.weights, TestMatrix(1, 40), GetParam());
      std::fill_n(product.packed.bias(), 40, 0.0F);
      const TestMatrix out = product.compute(false, Activation::none, 1);
      for (int row = 0; row < 14; ++row) {
        for (int o = 0; o < 40; ++o) {
          int sum = 0;
          for (int i = 0; i < inputs; ++i)
            sum +=
                static_cast<int>(product.x.at(row, i)) * static_cast<int>(product.weights.at(o, i));
          ASSERT_EQ(std::round(out.at(row, o)), static_cast<float>(sum)) << row << ", " << o;
        }
      }
    }
  });
}

TEST_P(GemmTest, KeepsARowThatIsNotFiniteSo) {
  for (const float bad :
       {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    Product product(3, 70, 40, GetParam());
    product.x.at(1, 69) = bad;
    test::with_every_isa([&] {
      const TestMatrix out = product.compute(true, Activation::none, 1);
      for (int o = 0; o < 40; ++o) {
        EXPECT_TRUE(std::isfinite(out.at(0, o)) && std::isfinite(out.at(2, o)));
        EXPECT_FALSE(std::isfinite(out.at(1, o)));
      }
    });
  }
}

TEST(PackedLinearTest, TakesAsMuchMemoryAsItsElements) {
  EXPECT_EQ(PackedLinear(768, 64, {}).words(), 768);
  EXPECT_EQ(PackedLinear(768, 64, kFormats[1]).words(), 384);
  EXPECT_EQ(PackedLinear(768, 64, kFormats[3]).words(), 192);
}

}  // namespace
}  // namespace diptych
