#include "diptych/train_process.h"

#include <array>
#include <charconv>

#include "base/environment.h"
#include "base/error.h"

namespace diptych {
namespace {

/// The variables by which a program that starts processes tells each of them its number.
struct RankVariables {
  const char* rank;
  const char* world;
};

/// The second of Slurm is a step's: the script of a job has a number too, and is alone.
constexpr std::array kRankVariables = {
    RankVariables{"RANK", "WORLD_SIZE"},
    RankVariables{"SLURM_PROCID", "SLURM_STEP_NUM_TASKS"},
    RankVariables{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    RankVariables{"PMI_RANK", "PMI_SIZE"},
};

int number_of(const char* variable, const std::string& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    fail(ErrorCode::invalid_argument, "train: {}: got '{}', expected a whole number, at least 0",
         variable, text);
  }
  return number;
}

std::string meeting_point_of_environment() {
  const auto host = environment("MASTER_ADDR");
  if (!host) {
    fail(ErrorCode::invalid_argument,
         "train: got a rank of several processes and no MASTER_ADDR, expected it to name rank 0's "
         "machine, or --dist-url tcp://HOST:PORT");
  }
  const bool is_ipv6 = host->find(':') != std::string::npos;
  return "tcp://" + (is_ipv6 ? "[" + *host + "]" : *host) + ":" +
         environment("MASTER_PORT").value_or("29500");
}

void check_process(const RankVariables& variables, const TrainProcess& process,
                   const TrainOptions& options) {
  if (process.rank >= process.world) {
    fail(ErrorCode::invalid_argument, "train: {}: got {}, expected less than {}'s {}",
         variables.rank, process.rank, variables.world, process.world);
  }
  if (options.processes > 1 && options.processes != process.world) {
    fail(ErrorCode::invalid_argument,
         "train: nproc: got {} in one of {} processes that were started already, expected none",
         options.processes, process.world);
  }
}

}  // namespace

TrainProcess train_process_of_environment(const TrainOptions& options) {
  for (const RankVariables& variables : kRankVariables) {
    const auto rank = environment(variables.rank);
    const auto world = environment(variables.world);
    if (!rank || !world) continue;
    TrainProcess process{.rank = number_of(variables.rank, *rank),
                         .world = number_of(variables.world, *world)};
    check_process(variables, process, options);
    if (process.world > 1) {
      process.meeting_point =
          options.meeting_point.empty() ? meeting_point_of_environment() : options.meeting_point;
    }
    return process;
  }
  if (!options.meeting_point.empty() && options.processes == 1) {
    fail(ErrorCode::invalid_argument,
         "train: dist-url: got '{}', expected it for processes that torchrun, srun or mpirun have "
         "started: alone it changes nothing",
         options.meeting_point);
  }
  return {};
}

}  // namespace diptych
