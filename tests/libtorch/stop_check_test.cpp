#include "libtorch/stop_check.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

using libtorch::StopCheck;
using libtorch::Stopped;

TEST(StopCheck, ThrowsWhenItIsAskedTo) {
  bool stops = false;
  const StopCheck check([&] { return stops; });
  EXPECT_NO_THROW(check());
  stops = true;
  EXPECT_THROW(check(), Stopped);
  EXPECT_NO_THROW(StopCheck()());
}

/// As itself, whatever autograd does with what its functions throw.
TEST(StopCheck, EndsTheWayBackWhereItIs) {
  bool stops = true;
  const StopCheck check([&] { return stops; });
  const torch::Tensor x = torch::tensor({3.0}, torch::requires_grad());
  const torch::Tensor y = x * x;
  check.on_way_back(y);
  const torch::Tensor z = 2.0 * y;
  EXPECT_THROW(z.backward({}, /*retain_graph=*/true), Stopped);
  EXPECT_FALSE(x.grad().defined());
  stops = false;
  z.backward();
  EXPECT_EQ(x.grad().item<float>(), 12.0F);
}

TEST(StopCheck, RowsWithoutAGradientAreNotHookedTo) {
  const StopCheck check([] { return true; });
  EXPECT_NO_THROW(check.on_way_back(torch::tensor({3.0})));
}

}  // namespace
}  // namespace diptych
