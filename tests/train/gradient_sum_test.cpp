#include "train/gradient_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "support/support.h"

namespace diptych::train {
namespace {

using torch::Tensor;

/// As many numbers as are a message of their own.
constexpr std::int64_t kLarge = std::int64_t{1} << 18;

/// What one of several processes trains: some parameters, alike in all of them.
class Process {
 public:
  explicit Process(const libtorch::ProcessGroup& group) : group_(group) {
    // The first of them are the nearest to the data, as in a tower.
    for (const std::int64_t numbers : {kLarge, std::int64_t{7}, kLarge + 3, std::int64_t{5}, kLarge,
                                       std::int64_t{3}, std::int64_t{9}, kLarge})
      parameters_.push_back(torch::arange(numbers, torch::kFloat32).sin().set_requires_grad(true));
  }

  int rank() const { return group_.rank(); }
  const libtorch::ProcessGroup& group() const { return group_; }
  const libtorch::Parameters& parameters() const { return parameters_; }

  /// A value that some of the parameters contribute to, one after the other; each process has data
  /// of its own.
  Tensor value(const std::vector<std::size_t>& used, double data) const {
    Tensor value = torch::tensor(data + 0.3 * rank(), torch::kFloat32);
    for (const std::size_t i : used) value = (value * parameters_[i]).sin().sum();
    return value;
  }

  /// The gradients, of which a parameter without one has no number.
  std::vector<Tensor> gradients() const {
    std::vector<Tensor> result;
    for (const Tensor& parameter : parameters_)
      result.push_back(parameter.grad().defined() ? parameter.grad().clone() : torch::empty({0}));
    return result;
  }

  void forget_gradients() const {
    for (const Tensor& parameter : parameters_) parameter.mutable_grad() = Tensor();
  }

 private:
  const libtorch::ProcessGroup& group_;
  libtorch::Parameters parameters_;
};

/// Threads here.
void run_processes(int world, const std::function<void(const Process&)>& body) {
  const test::TemporaryFolder folder;
  std::vector<std::thread> processes;
  for (int rank = 0; rank < world; ++rank) {
    processes.emplace_back([&, rank] {
      const libtorch::ProcessGroup group(
          {.rank = rank,
           .world = world,
           .meeting_point = "file://" + folder.path().string() + "/m"});
      body(Process(group));
    });
  }
  for (std::thread& process : processes) process.join();
}

void expect_equal(const std::vector<Tensor>& got, const std::vector<Tensor>& expected, int rank) {
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_TRUE(torch::equal(got[i], expected[i])) << "parameter " << i << " of rank " << rank;
}

/// What a process does in a step but for its last way back, and from where that goes back; nothing
/// where it does not.
using Step = std::function<std::vector<Tensor>(const Process&)>;

void go_back(const std::vector<Tensor>& roots) {
  if (!roots.empty()) torch::autograd::backward(roots, std::vector<Tensor>(roots.size()));
}

/// That the sums beside the last way back are those after it to the bit, several times over, and
/// are begun before it is over.
void expect_sums(int world, const Step& step) {
  run_processes(world, [&](const Process& process) {
    GradientSum sum(process.group(), process.parameters());
    const auto gradients_of = [&](bool beside) {
      process.forget_gradients();
      const std::vector<Tensor> roots = step(process);
      if (beside && !roots.empty()) sum.begin();
      go_back(roots);
      sum.finish();
      return process.gradients();
    };
    const std::vector<Tensor> expected = gradients_of(false);
    for (int i = 0; i < 3; ++i) expect_equal(gradients_of(true), expected, process.rank());
  });
}

/// By one process's gradients after the other: with two, whose sum has one order.
TEST(GradientSum, IsTheSumOfAllProcesses) {
  run_processes(2, [](const Process& process) {
    GradientSum sum(process.group(), process.parameters());
    process.value({0, 1, 2, 3, 4, 5, 6, 7}, 0.5).backward();
    std::vector<Tensor> expected = process.gradients();
    for (const Tensor& gradient : expected) process.group().sum(gradient);
    process.forget_gradients();
    const Tensor value = process.value({0, 1, 2, 3, 4, 5, 6, 7}, 0.5);
    sum.begin();
    value.backward();
    EXPECT_GT(sum.begun(), 0U) << "while it was going back";
    sum.finish();
    EXPECT_EQ(sum.begun(), 0U);
    expect_equal(process.gradients(), expected, process.rank());
  });
}

TEST(GradientSum, HasTheSameBitsBesideTheWayBack) {
  expect_sums(3, [](const Process& process) -> std::vector<Tensor> {
    return {process.value({0, 1, 2, 3, 4, 5, 6, 7}, 0.5)};
  });
}

/// Some before, as a scale has of the loss of all; some in several parts.
TEST(GradientSum, IsOfAllWaysBackOfAStep) {
  expect_sums(3, [](const Process& process) -> std::vector<Tensor> {
    go_back({process.value({6, 7}, 0.1)});
    go_back({process.value({0, 1, 2, 3, 4, 5}, 0.7)});
    return {process.value({0, 1, 2, 3, 4, 5}, 0.9), Tensor(process.value({1, 2}, 0.2))};
  });
}

/// One that is not reached in any process, and one that is in a single one.
TEST(GradientSum, LeavesAloneWhatNobodyReaches) {
  expect_sums(3, [](const Process& process) -> std::vector<Tensor> {
    return {process.value(process.rank() == 1 ? std::vector<std::size_t>{0, 2, 3, 4, 6}
                                              : std::vector<std::size_t>{0, 3, 6},
                          0.5)};
  });
  run_processes(2, [](const Process& process) {
    GradientSum sum(process.group(), process.parameters());
    const Tensor value =
        process.rank() == 0 ? process.value({0, 1, 2}, 0.5) : process.value({0, 1}, 0.5);
    sum.begin();
    value.backward();
    sum.finish();
    for (std::size_t i = 0; i < process.parameters().size(); ++i)
      EXPECT_EQ(process.parameters()[i].grad().defined(), i < 3) << i;
  });
}

/// The processes come to them in another order each, and the order changes.
TEST(GradientSum, NeedsNoCommonOrder) {
  int steps = 0;
  expect_sums(3, [&](const Process& process) -> std::vector<Tensor> {
    if (process.rank() == 0) ++steps;
    std::vector<std::size_t> order = {0, 1, 2, 3, 4, 5, 6, 7};
    std::rotate(order.begin(), order.begin() + 2 * process.rank(), order.end());
    return {process.value(order, 0.5)};
  });
  EXPECT_EQ(steps, 4);
}

/// A process without pairs, the first one too.
TEST(GradientSum, NeedsNoGradientsOfAProcess) {
  for (const int idle : {0, 2}) {
    expect_sums(3, [idle](const Process& process) {
      return process.rank() == idle ? std::vector<Tensor>()
                                    : std::vector<Tensor>{process.value({0, 2, 3, 4}, 0.5)};
    });
  }
}

/// From the second step on the way back's order is known: what it reaches last waits for no one.
TEST(GradientSum, BeginsInTheOrderOfTheWayBack) {
  run_processes(2, [](const Process& process) {
    GradientSum sum(process.group(), process.parameters());
    std::size_t begun = 0;
    for (int i = 0; i < 2; ++i) {
      process.forget_gradients();
      // The last one is the nearest to the data: all others are final before it.
      const Tensor value = process.value({7, 0, 2, 4}, 0.5);
      sum.begin();
      process.parameters()[0].register_hook(
          [&](const Tensor& /*gradient*/) { begun = sum.begun(); });
      value.backward();
      sum.finish();
    }
    EXPECT_GE(begun, 2U) << "those of 2 and 4";
  });
}

/// Autograd may hand on, as a parameter's gradient, memory that it goes on with.
TEST(GradientSum, DoesNotTouchWhatAutogradStillNeeds) {
  expect_sums(2, [](const Process& process) -> std::vector<Tensor> {
    const Tensor before = process.parameters()[0] * (2.0 + process.rank());
    return {(before + process.parameters()[4].view({2, -1}).view({-1})).sin().sum() *
            torch::ones({1})};
  });
}

}  // namespace
}  // namespace diptych::train
