#include "diptych/worker_share.h"

#include <charconv>
#include <optional>

#include "base/environment.h"
#include "base/error.h"

namespace diptych {

namespace {

std::optional<std::size_t> number_in(const char* variable) {
  const std::optional<std::string> text = environment(variable);
  if (!text) return std::nullopt;
  std::size_t number = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc() || stop != end || number > 1'000'000'000) {
    fail(ErrorCode::invalid_argument, "{}: got {}, expected a number", variable, *text);
  }
  return number;
}

/// Nothing unless both variables are set.
std::optional<WorkerShare> share_in(const char* rank, const char* size) {
  const auto index = number_in(rank);
  const auto count = number_in(size);
  if (!index || !count) return std::nullopt;
  if (*index >= *count) {
    fail(ErrorCode::invalid_argument, "{}: got {}, expected less than {}, which is {}", rank,
         *index, size, *count);
  }
  return WorkerShare{*index, *count, std::string(rank) + ", " + size};
}

std::optional<WorkerShare> array_share() {
  const auto id = number_in("SLURM_ARRAY_TASK_ID");
  const auto count = number_in("SLURM_ARRAY_TASK_COUNT");
  const std::size_t least = number_in("SLURM_ARRAY_TASK_MIN").value_or(0);
  if (!id || !count) return std::nullopt;
  if (*id < least || *id - least >= *count) {
    fail(ErrorCode::invalid_argument,
         "SLURM_ARRAY_TASK_ID: got {}, expected one of {} from {} on, in steps of one", *id, *count,
         least);
  }
  return WorkerShare{*id - least, *count, "SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_COUNT"};
}

}  // namespace

WorkerShare worker_share() {
  if (const auto share = share_in("RANK", "WORLD_SIZE")) return *share;
  const auto process = share_in("SLURM_PROCID", "SLURM_NTASKS");
  if (const auto task = array_share()) {
    if (!process) return *task;
    return {task->index * process->count + process->index, task->count * process->count,
            task->source + ", " + process->source};
  }
  if (process) return *process;
  if (const auto share = share_in("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE")) return *share;
  return share_in("PMI_RANK", "PMI_SIZE").value_or(WorkerShare{});
}

}  // namespace diptych
