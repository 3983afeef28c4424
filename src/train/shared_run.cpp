#include "train/shared_run.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "train/run_data.h"
#include "train/starting_model.h"

namespace diptych::train {
namespace {

bool has_batch_norm(const network::Model& model) {
  return std::ranges::any_of(model.parameters.specs(),
                             [](const network::ParameterSpec& spec) { return !spec.trained; });
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
  if (!options.teacher.empty()) {
    fail(ErrorCode::unsupported,
         "train: distill-model: got it with {} processes, expected one process: each would need "
         "the teacher's scores of all pairs",
         processes);
  }
  if (has_batch_norm(model) && !keeps_image_statistics(options)) {
    fail(ErrorCode::unsupported,
         "train: nproc: got {} processes for an image tower with batch normalisation, expected one "
         "process, or --image-mode frozen or lora: each would go by the statistics of its own "
         "pairs",
         processes);
  }
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
         first_difference(nlohmann::json::parse(all.front()), nlohmann::json::parse(all[rank])));
  }
}

int threads_of(int asked, const libtorch::ProcessGroup* group) {
  if (asked > 0) return asked;
  const int processes = group == nullptr ? 1 : group->processes_on_machine();
  return std::max(1, available_cpus() / processes);
}

}  // namespace diptych::train
