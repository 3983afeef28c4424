#include "train/saved_state.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/mapped_file.h"
#include "checkpoint/containers/safetensors.h"
#include "support/support.h"

namespace diptych::train {
namespace {

using torch::Tensor;

/// A matrix and a vector whose numbers no number of processes but one divides.
const Shape kMatrix = {5, 7};

Tensor matrix(double first) {
  return (torch::arange(35, torch::kFloat32) + first).view(kMatrix);
}

State state_of_two(const libtorch::ProcessGroup* group) {
  const libtorch::Sharding sharding{.shape = group == nullptr ? Shape{} : kMatrix, .group = group};
  return {{.name = "b", .tensor = sharding.shard_of(matrix(0.5)), .sharding = sharding},
          {.name = "a", .tensor = torch::arange(3, torch::kFloat32)},
          {.name = "c", .tensor = sharding.shard_of(matrix(100.0)), .sharding = sharding}};
}

/// Does `body` in several processes, threads here.
template <typename Body>
void run_threads(int world, const Body& body) {
  const test::TemporaryFolder folder;
  std::vector<std::thread> processes;
  for (int rank = 0; rank < world; ++rank) {
    processes.emplace_back([&, rank] {
      const std::string meeting = "file://" + folder.path().string() + "/m";
      body(libtorch::ProcessGroup({.rank = rank, .world = world, .meeting_point = meeting}));
    });
  }
  for (std::thread& process : processes) process.join();
}

/// The file of shards is the whole's, and none of their tensors is held for it.
TEST(SavedState, IsReadFromShardsOneTensorAtATime) {
  const test::TemporaryFolder folder;
  TensorMap whole;
  add_state(whole, state_of_two(nullptr));
  checkpoint::write_safetensors(folder.path() / "whole", whole);
  run_threads(3, [&](const libtorch::ProcessGroup& group) {
    TensorMap shards;
    add_state(shards, state_of_two(&group));
    EXPECT_TRUE(shards.at("b").bytes.empty());
    EXPECT_TRUE(shards.at("c").bytes.empty());
    int reads = 0;
    read_together(group, shards, [&](const TensorMap& readable) {
      ++reads;
      EXPECT_EQ(to_floats(readable.at("c")).front(), 100.0F);
      checkpoint::write_safetensors(folder.path() / "shards", readable);
    });
    EXPECT_EQ(reads, group.rank() == 0 ? 1 : 0);
    read_together(group, shards, [](const TensorMap& /*nothing is read*/) {});
    EXPECT_EQ(group.sum(1.0), 3.0) << "all are done";
  });
  EXPECT_EQ(read_text_file(folder.path() / "shards"), read_text_file(folder.path() / "whole"));
}

/// What is read is what the tensors are when it is read.
TEST(SavedState, OfShardsIsNoCopy) {
  run_threads(2, [](const libtorch::ProcessGroup& group) {
    const State state = state_of_two(&group);
    TensorMap shards;
    add_state(shards, state);
    state.front().tensor.fill_(4.0);
    read_together(group, shards, [](const TensorMap& readable) {
      EXPECT_EQ(to_floats(readable.at("b")), std::vector<float>(35, 4.0F));
    });
  });
}

TEST(Sharding, ReadsItsPartOfAStoredTensor) {
  run_threads(3, [](const libtorch::ProcessGroup& group) {
    const libtorch::Sharding sharding{.shape = kMatrix, .group = &group};
    const Tensor expected = sharding.shard_of(matrix(0.5));
    const TensorBuffer whole = libtorch::to_buffer(matrix(0.5));
    EXPECT_TRUE(torch::equal(sharding.shard_from(whole.view(), torch::kCPU), expected));
    const TensorBuffer half = convert(whole.view(), DType::float16);
    EXPECT_TRUE(torch::equal(sharding.shard_from(half.view(), torch::kCPU), expected));
    const TensorView computed = computed_tensor(
        DType::float32, kMatrix,
        [&](std::span<std::byte> out) { std::ranges::copy(whole.bytes(), out.begin()); });
    EXPECT_TRUE(torch::equal(sharding.shard_from(computed, torch::kCPU), expected));
  });
}

/// Nothing else: the other processes' parts cannot be read here.
TEST(Sharding, ReadsNothingOfOthersParts) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  run_threads(3, [&](const libtorch::ProcessGroup& group) {
    void* const pages =
        mmap(nullptr, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, /*fd=*/-1, /*offset=*/0);
    ASSERT_NE(pages, MAP_FAILED);
    auto* const first = static_cast<std::byte*>(pages);
    const std::size_t own = page * static_cast<std::size_t>(group.rank());
    ASSERT_EQ(mprotect(first + own, page, PROT_READ), 0);
    const auto row = static_cast<std::int64_t>(page / sizeof(float));
    const TensorView whole{DType::float32, {3, row}, {first, 3 * page}, nullptr};
    const libtorch::Sharding sharding{.shape = whole.shape, .group = &group};
    EXPECT_TRUE(torch::equal(sharding.shard_from(whole, torch::kCPU), torch::zeros({row})));
    munmap(pages, 3 * page);
  });
}

/// More processes than numbers: the last ones have zeros alone.
TEST(Sharding, ReadsPartsThatAreFilledUp) {
  run_threads(3, [](const libtorch::ProcessGroup& group) {
    const libtorch::Sharding sharding{.shape = {1, 1}, .group = &group};
    const TensorBuffer whole({1, 1}, std::vector<float>{8.0F});
    EXPECT_EQ(sharding.shard_from(whole.view(), torch::kCPU).item<float>(),
              group.rank() == 0 ? 8.0F : 0.0F);
  });
}

}  // namespace
}  // namespace diptych::train
