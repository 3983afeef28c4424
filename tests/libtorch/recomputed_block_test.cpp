#include "libtorch/recomputed_block.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

/// x^2 y, counted.
struct Product {
  int runs = 0;

  libtorch::BlockBody body() {
    return [this](const std::vector<torch::Tensor>& inputs) {
      ++runs;
      return inputs[0] * inputs[0] * inputs[1];
    };
  }
};

TEST(RecomputedBlock, IsRunAgainForItsGradients) {
  Product product;
  const torch::Tensor x = torch::tensor({3.0}, torch::requires_grad());
  const torch::Tensor y = torch::tensor({5.0});
  torch::Tensor output = libtorch::recomputed(torch::tensor({45.0}), product.body(), {x, y}, {});
  EXPECT_EQ(product.runs, 0);
  EXPECT_TRUE(output.requires_grad());
  (2.0 * output).backward();
  EXPECT_EQ(product.runs, 1);
  EXPECT_EQ(x.grad().item<float>(), 60.0F);
  EXPECT_FALSE(y.grad().defined());
}

TEST(RecomputedBlock, OfWhichNothingIsLearntHasNoGraph) {
  Product product;
  const torch::Tensor x = torch::tensor({3.0});
  const torch::Tensor output =
      libtorch::recomputed(torch::tensor({27.0}), product.body(), {x, x}, {});
  EXPECT_FALSE(output.requires_grad());
}

}  // namespace
}  // namespace diptych
