#include "train/memory_need.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "diptych/error.h"
#include "support/expect_error.h"
#include "support/support.h"
#include "train/tower_modes.h"

namespace diptych::train {
namespace {

/// Each has all of the weights, and its part of the pairs.
TEST(MemoryNeed, OfEachProcessIsThatOfItsPartOfTheBatch) {
  const network::Model model = network::make_model({});
  TrainOptions one;
  one.batch_size = 16;
  TrainOptions four = one;
  four.batch_size = 64;
  EXPECT_DOUBLE_EQ(needed_memory(four, model, 4), needed_memory(one, model, 1));
  const double weights =
      3.0 * sizeof(float) * static_cast<double>(count_parameters(model.parameters));
  EXPECT_DOUBLE_EQ(needed_memory(four, model, 1) - weights,
                   4.0 * (needed_memory(four, model, 4) - weights));
  four.fsdp = true;
  EXPECT_DOUBLE_EQ(needed_memory(four, model, 1), 4.0 * needed_memory(four, model, 4));
}

/// Threads here; they are as many on one machine.
TEST(MemoryNeed, OfSharedRunsIsRefusedForEachProcess) {
  const network::Model model = network::make_model({});
  TrainOptions options;
  options.batch_size = 1000000000;
  const test::TemporaryFolder folder;
  std::vector<std::thread> processes;
  for (int rank : {0, 1}) {
    processes.emplace_back([&, rank] {
      const libtorch::ProcessGroup group(
          {.rank = rank, .world = 2, .meeting_point = "file://" + folder.path().string() + "/m"});
      test::expect_error([&] { check_memory(options, model, &group); }, ErrorCode::out_of_memory,
                         "GB of each of 2 processes");
    });
  }
  for (std::thread& process : processes) process.join();
}

}  // namespace
}  // namespace diptych::train
