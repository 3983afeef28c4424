#include "train/shared_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "json/json.h"
#include "libtorch/device.h"
#include "train/run_data.h"
#include "train/starting_model.h"
#include "train/uncounted_pair.h"

namespace diptych::train {
namespace {

/// Batch statistics are those of all pairs of a step, which processes can say exactly of a whole
/// step alone.
void check_batch_statistics(const TrainOptions& options, int processes) {
  const auto refuse = [&](std::string_view option, const std::string& got,
                          std::string_view expected) {
    fail(
        ErrorCode::unsupported,
        "train: {}: got {} with {} processes and batch normalisation, expected {}, one process, or "
        "--image-mode frozen or lora",
        option, got, processes, expected);
  };
  if (options.accum_freq > 1) refuse("accum-freq", std::to_string(options.accum_freq), "1");
  if (!libtorch::device_of(options.device).is_cpu()) refuse("device", options.device, "cpu");
}

/// The first field in which two records differ.
std::string first_difference(const nlohmann::json& a, const nlohmann::json& b) {
  const nlohmann::json changes = nlohmann::json::diff(a, b);
  return changes.empty() ? "nothing" : changes.front().at("path").get<std::string>();
}

}  // namespace

void check_shared_run(const TrainOptions& options, const network::Model& model, int processes) {
  if (pairs_per_step(options) < processes) {
    fail(ErrorCode::invalid_argument,
         "train: nproc: got {} processes for steps of {} pairs, expected at most one for each pair",
         processes, pairs_per_step(options));
  }
  if (has_batch_statistics(model) && !keeps_image_statistics(options))
    check_batch_statistics(options, processes);
}

void agree_on_run(const libtorch::ProcessGroup& group, const RunRecord& record,
                  const RunPosition& position) {
  nlohmann::json own = to_json(record);
  own["step"] = position.step;
  const std::vector<std::string> all =
      group.gathered_texts(own.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  for (std::size_t rank = 1; rank < all.size(); ++rank) {
    if (all[rank] == all.front()) continue;
    fail(ErrorCode::invalid_argument,
         "train: rank {} is about to do another run than rank 0: they differ in {}", rank,
         first_difference(parse_json(all.front(), "run of rank 0"),
                          parse_json(all[rank], fmt::format("run of rank {}", rank))));
  }
}

std::unique_ptr<libtorch::ProcessGroup> join_processes(const TrainOptions& options,
                                                       const TrainProcess& process) {
  std::unique_ptr<libtorch::ProcessGroup> group;
  if (process.world > 1) {
    group = std::make_unique<libtorch::ProcessGroup>(libtorch::Membership{
        .rank = process.rank, .world = process.world, .meeting_point = process.meeting_point});
    libtorch::take_device(options.device, group->rank_on_machine());
  }
  at::set_num_threads(threads_of(options.threads, group.get()));
  return group;
}

void load_own_part(const libtorch::ProcessGroup* group, LoaderOptions& loading) {
  loading.workers = threads_of(loading.workers, group);
  if (group == nullptr) return;
  loading.rank = group->rank();
  loading.world = group->world();
}

int threads_of(int asked, const libtorch::ProcessGroup* group) {
  if (asked > 0) return asked;
  const int processes = group == nullptr ? 1 : group->processes_on_machine();
  return std::max(1, available_cpus() / processes);
}

}  // namespace diptych::train
