#include "train/recomputed_block.h"

#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "golden_run.h"

namespace diptych {
namespace {

using test::GoldenRun;

/// Counts the bytes of the host's tensors that are alive. One lives at a time.
class CountingAllocator : public c10::Allocator {
 public:
  CountingAllocator() : allocator_(c10::GetCPUAllocator()) {
    current_ = this;
    c10::SetCPUAllocator(this, 1);
  }
  ~CountingAllocator() override { c10::SetCPUAllocator(allocator_, 1); }
  CountingAllocator(const CountingAllocator&) = delete;
  CountingAllocator& operator=(const CountingAllocator&) = delete;

  std::int64_t alive() const { return bytes_; }

  /// libtorch's kernels take memory raw too, which asks that the context be the data itself.
  c10::DataPtr allocate(std::size_t size) override {
    void* data = allocator_->raw_allocate(size);
    const std::lock_guard lock(mutex_);
    sizes_[data] = static_cast<std::int64_t>(size);
    bytes_ += sizes_[data];
    return {data, data, &release, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, std::size_t count) const override {
    default_copy_data(to, from, count);
  }

 private:
  static void release(void* data) {
    {
      const std::lock_guard lock(current_->mutex_);
      const auto found = current_->sizes_.find(data);
      if (found != current_->sizes_.end()) {
        current_->bytes_ -= found->second;
        current_->sizes_.erase(found);
      }
    }
    current_->allocator_->raw_deallocate(data);
  }

  inline static CountingAllocator* current_ = nullptr;
  c10::Allocator* allocator_;
  std::mutex mutex_;
  std::map<void*, std::int64_t> sizes_;
  std::int64_t bytes_ = 0;
};

/// What a loss holds for its gradients.
std::int64_t held_bytes(bool recomputes_blocks) {
  const GoldenRun golden;
  const auto learner = golden.learner(
      {.optimiser = GoldenRun::optimiser_options(), .recomputes_blocks = recomputes_blocks});
  const train::Batch batch = golden.batch(learner->model(), 0);
  static auto* allocator = new CountingAllocator;  // memory of it may outlive the test
  const std::int64_t before = allocator->alive();
  const torch::Tensor loss = learner->loss(batch);
  return allocator->alive() - before;
}

// Two blocks a tower: one activation each instead of queries, keys, values, norms and MLPs.
TEST(RecomputedBlock, HoldsItsInputsAlone) {
  if (!test::device().is_cpu()) GTEST_SKIP() << "counts the host's memory";
  const std::int64_t held = held_bytes(false);
  ASSERT_GT(held, 0);
  EXPECT_LT(held_bytes(true), held / 3);
}

/// x^2 y, counted.
struct Product {
  int runs = 0;

  train::BlockBody body() {
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
  torch::Tensor output = train::recomputed(torch::tensor({45.0}), product.body(), {x, y}, {});
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
  const torch::Tensor output = train::recomputed(torch::tensor({27.0}), product.body(), {x, x}, {});
  EXPECT_FALSE(output.requires_grad());
}

}  // namespace
}  // namespace diptych
