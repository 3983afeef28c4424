#include "diptych/train_process.h"

#include <gtest/gtest.h>

#include "support/environment_variable.h"
#include "support/expect_error.h"

namespace diptych {
namespace {

using test::EnvironmentVariable;

TEST(TrainProcess, IsAloneWhereNothingSaysOtherwise) {
  EXPECT_EQ(train_process_of_environment({}).world, 1);
}

TEST(TrainProcess, IsWhatTorchrunSays) {
  const EnvironmentVariable rank("RANK", "3");
  const EnvironmentVariable world("WORLD_SIZE", "4");
  const EnvironmentVariable host("MASTER_ADDR", "fe80::1");
  EXPECT_EQ(train_process_of_environment({}).rank, 3);
  EXPECT_EQ(train_process_of_environment({}).world, 4);
  EXPECT_EQ(train_process_of_environment({}).meeting_point, "tcp://[fe80::1]:29500");
  const EnvironmentVariable port("MASTER_PORT", "7");
  EXPECT_EQ(train_process_of_environment({}).meeting_point, "tcp://[fe80::1]:7");
  TrainOptions options;
  options.meeting_point = "file:///meeting";
  EXPECT_EQ(train_process_of_environment(options).meeting_point, "file:///meeting");
}

/// A job's script has a number too, and is alone.
TEST(TrainProcess, IsOneOfAStepOfSlurms) {
  const EnvironmentVariable rank("SLURM_PROCID", "0");
  const EnvironmentVariable tasks("SLURM_NTASKS", "4");
  EXPECT_EQ(train_process_of_environment({}).world, 1);
  const EnvironmentVariable step("SLURM_STEP_NUM_TASKS", "4");
  const EnvironmentVariable host("MASTER_ADDR", "first");
  EXPECT_EQ(train_process_of_environment({}).world, 4);
}

TEST(TrainProcess, RefusesWhatDoesNotFit) {
  const auto refuses = [](const TrainOptions& options, const std::string& message) {
    test::expect_error([&] { train_process_of_environment(options); }, ErrorCode::invalid_argument,
                       message);
  };
  TrainOptions met;
  met.meeting_point = "tcp://host:1";
  refuses(met, "dist-url");
  const EnvironmentVariable rank("OMPI_COMM_WORLD_RANK", "2");
  {
    const EnvironmentVariable world("OMPI_COMM_WORLD_SIZE", "2");
    refuses(met, "OMPI_COMM_WORLD_RANK: got 2, expected less than");
  }
  const EnvironmentVariable world("OMPI_COMM_WORLD_SIZE", "4");
  refuses({}, "MASTER_ADDR");
  TrainOptions more = met;
  more.processes = 2;
  refuses(more, "nproc: got 2 in one of 4 processes");
  const EnvironmentVariable other("RANK", "-1");
  const EnvironmentVariable count("WORLD_SIZE", "2");
  refuses(met, "RANK: got '-1'");
}

}  // namespace
}  // namespace diptych
