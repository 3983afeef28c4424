#include <gtest/gtest.h>

#include "train/counting_allocator.h"
#include "train/golden_run.h"

namespace diptych {
namespace {

using test::CountingAllocator;
using test::GoldenRun;

/// What a loss holds for its gradients.
std::int64_t held_bytes(bool recomputes_blocks) {
  const GoldenRun golden;
  const auto learner = golden.learner(
      {.optimiser = GoldenRun::optimiser_options(), .recomputes_blocks = recomputes_blocks});
  const train::Batch batch = golden.batch(learner->model(), 0);
  const CountingAllocator allocator;
  const std::int64_t before = allocator.alive();
  const torch::Tensor loss = learner->loss(batch);
  return allocator.alive() - before;
}

// Two blocks a tower: one activation each instead of queries, keys, values, norms and MLPs.
TEST(RecomputedBlock, HoldsItsInputsAlone) {
  if (!test::device().is_cpu()) GTEST_SKIP() << "counts the host's memory";
  const std::int64_t held = held_bytes(false);
  ASSERT_GT(held, 0);
  EXPECT_LT(held_bytes(true), held / 3);
}

}  // namespace
}  // namespace diptych
