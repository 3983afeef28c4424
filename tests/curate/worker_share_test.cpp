#include "diptych/worker_share.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "diptych/error.h"

namespace diptych {
namespace {

using Variables = std::map<std::string, std::string>;

WorkerShare share_with(const Variables& variables) {
  for (const char* name : {"RANK", "WORLD_SIZE", "SLURM_PROCID", "SLURM_NTASKS",
                           "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT",
                           "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMI_SIZE"})
    ::unsetenv(name);
  for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  return worker_share();
}

void expect_share(const Variables& variables, std::size_t index, std::size_t count) {
  const WorkerShare share = share_with(variables);
  EXPECT_EQ(share.index, index) << share.source;
  EXPECT_EQ(share.count, count) << share.source;
}

TEST(WorkerShare, IsWhatLaunchersSay) {
  expect_share({}, 0, 1);
  expect_share({{"RANK", "2"}, {"WORLD_SIZE", "4"}, {"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "1"}},
               2, 4);
  expect_share({{"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "3"}}, 1, 3);
  expect_share({{"SLURM_ARRAY_TASK_ID", "7"},
                {"SLURM_ARRAY_TASK_MIN", "5"},
                {"SLURM_ARRAY_TASK_COUNT", "4"},
                {"SLURM_PROCID", "1"},
                {"SLURM_NTASKS", "2"}},
               5, 8);
  expect_share({{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "2"}}, 0, 2);
  expect_share({{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}}, 1, 2);
}

TEST(WorkerShare, RefusesWhatDoesNotFit) {
  EXPECT_THROW(share_with({{"RANK", "4"}, {"WORLD_SIZE", "4"}}), Error);
  EXPECT_THROW(share_with({{"RANK", "x"}, {"WORLD_SIZE", "4"}}), Error);
  EXPECT_THROW(share_with({{"SLURM_ARRAY_TASK_ID", "9"}, {"SLURM_ARRAY_TASK_COUNT", "4"}}), Error);
  share_with({});
}

}  // namespace
}  // namespace diptych
