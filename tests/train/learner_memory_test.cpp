#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "golden_run.h"

namespace diptych {
namespace {

using test::GoldenRun;

/// Counts the bytes of the host's tensors that are alive.
class CountingAllocator : public c10::Allocator {
 public:
  CountingAllocator() : allocator_(c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, 1); }
  ~CountingAllocator() override { c10::SetCPUAllocator(allocator_, 1); }
  CountingAllocator(const CountingAllocator&) = delete;
  CountingAllocator& operator=(const CountingAllocator&) = delete;

  std::int64_t alive() const { return bytes_; }

  c10::DataPtr allocate(std::size_t size) override {
    auto* memory =
        static_cast<std::byte*>(std::aligned_alloc(kHeader, (size / kHeader + 2) * kHeader));
    std::memcpy(memory, &size, sizeof(size));
    bytes_ += static_cast<std::int64_t>(size);
    return {memory + kHeader, memory + kHeader, release, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return release; }
  void copy_data(void* to, const void* from, std::size_t count) const override {
    default_copy_data(to, from, count);
  }

 private:
  static constexpr std::size_t kHeader = 64;  ///< before a tensor's memory: its size

  static void release(void* data) {
    if (data == nullptr) return;
    std::byte* memory = static_cast<std::byte*>(data) - kHeader;
    std::size_t size = 0;
    std::memcpy(&size, memory, sizeof(size));
    bytes_ -= static_cast<std::int64_t>(size);
    std::free(memory);
  }

  inline static std::atomic<std::int64_t> bytes_ = 0;
  c10::Allocator* allocator_;
};

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
