#include "kernels/gemm.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/every_isa.h"
#include "kernels/test_matrix.h"
#include "support/support.h"

namespace diptych {
namespace {

using kernels::Activation;
using kernels::PackedLinear;
using test::TestMatrix;

PackedLinear pack(const TestMatrix& weights, const TestMatrix& bias) {
  PackedLinear packed(weights.width(), weights.rows());
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

struct Product {
  TestMatrix x;
  TestMatrix weights;
  TestMatrix bias;
  TestMatrix residual;
  PackedLinear packed;

  Product(int rows, int inputs, int outputs)
      : x(TestMatrix::random(rows, inputs, 1)),
        weights(TestMatrix::random(outputs, inputs, 2)),
        bias(TestMatrix::random(1, outputs, 3)),
        residual(TestMatrix::random(rows, outputs, 4)),
        packed(pack(weights, bias)) {}

  TestMatrix compute(bool with_residual, Activation activation, int threads) const {
    ThreadPool pool(threads);
    TestMatrix out(x.rows(), packed.outputs());
    const kernels::ConstMatrix added = residual.view();
    kernels::gemm(x.view(), packed, activation, with_residual ? &added : nullptr, out.view(), pool);
    return out;
  }

  void expect_near_oracle(const TestMatrix& out, bool with_residual) const {
    for (int row = 0; row < x.rows(); ++row) {
      for (int o = 0; o < packed.outputs(); ++o) {
        const double added = with_residual ? residual.at(row, o) : 0.0;
        double sum = bias.at(0, o) + added;
        double magnitude = std::abs(bias.at(0, o)) + std::abs(added);
        for (int i = 0; i < x.width(); ++i) {
          const double term = static_cast<double>(x.at(row, i)) * weights.at(o, i);
          sum += term;
          magnitude += std::abs(term);
        }
        ASSERT_NEAR(out.at(row, o), sum,
                    test::accumulation_tolerance(static_cast<std::size_t>(x.width()), magnitude))
            << "row " << row << " of " << x.rows() << ", output " << o << " of " << packed.outputs()
            << ", inputs " << x.width();
      }
    }
  }
};

TEST(GemmTest, AgreesWithTheDefinitionForSizesAroundTilesAndPanels) {
  test::with_every_isa([] {
    for (const int rows : {1, 2, 5, 6, 7, 11, 12, 13, 25}) {
      for (const int inputs : {1, 3, 31, 64, 255, 256, 257, 600}) {
        for (const int outputs : {1, 15, 16, 31, 32, 33, 70}) {
          const Product product(rows, inputs, outputs);
          const bool with_residual = (rows + inputs) % 2 == 0;
          product.expect_near_oracle(product.compute(with_residual, Activation::none, 2),
                                     with_residual);
        }
      }
    }
  });
}

TEST(GemmTest, AppliesTheActivationToTheWholeSum) {
  const Product product(13, 40, 50);
  test::with_every_isa([&] {
    const TestMatrix plain = product.compute(true, Activation::none, 1);
    const TestMatrix rectified = product.compute(true, Activation::relu, 1);
    for (int row = 0; row < plain.rows(); ++row) {
      for (int o = 0; o < plain.width(); ++o)
        EXPECT_EQ(rectified.at(row, o), std::max(plain.at(row, o), 0.0F));
    }
  });
}

TEST(GemmTest, GivesARowTheSameBitsAloneInABatchAndOnAnyThread) {
  // Several blocks of rows, of panels and of depth.
  const Product product(301, 530, 400);
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
      const kernels::ConstMatrix x{product.x.view().row(row), 1, product.x.width(), 0};
      const kernels::ConstMatrix residual{product.residual.view().row(row), 1, all.width(), 0};
      kernels::gemm(x, product.packed, Activation::gelu, &residual, alone.view(), pool);
      ASSERT_TRUE(
          std::equal(all.view().row(row), all.view().row(row) + all.width(), alone.view().row(0)))
          << "row " << row;
    }
  });
}

TEST(GemmTest, TakesNoRows) {
  const Product product(0, 8, 8);
  EXPECT_EQ(product.compute(false, Activation::none, 2).rows(), 0);
}

}  // namespace
}  // namespace diptych
