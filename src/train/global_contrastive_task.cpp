#include "train/global_contrastive_task.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <utility>

#include "train/cosines.h"
#include "train/saved_state.h"

namespace diptych::train {
namespace {

using torch::Tensor;

const std::string kEstimates = "optimizer.fastclip.estimates";

/// Of a sample that was not met yet.
constexpr float kUnmet = std::numeric_limits<float>::lowest();

/// Which pairings are of different pairs, and of different groups, [n, n].
Tensor negatives(const Batch& batch, std::int64_t count, torch::Device device) {
  const Tensor others = torch::eye(count, torch::TensorOptions(torch::kBool)).logical_not();
  if (batch.groups.empty()) return others.to(device);
  const Tensor groups = torch::tensor(batch.groups, torch::kInt64);
  return others.logical_and(groups.unsqueeze(1) != groups.unsqueeze(0)).to(device);
}

/// The logarithm of the mean of exp(scale (s_ij - s_ii)) over the negatives j of each row i.
Tensor log_means(const Tensor& cosines, const Tensor& scale, const Tensor& negatives) {
  const Tensor excess = scale * (cosines - cosines.diagonal().unsqueeze(1));
  const Tensor sums = excess.masked_fill(negatives.logical_not(), kUnmet).logsumexp(1);
  return sums - negatives.sum(1).to(torch::kFloat32).log();
}

class GlobalContrastiveTask : public Task {
 public:
  GlobalContrastiveTask(std::int64_t samples, const GlobalContrastiveOptions& options)
      : options_(options), estimates_(torch::full({2, samples}, kUnmet)) {}

  Tensor common_loss(const StepModel& step, const Tensor& images, const Tensor& texts,
                     const Batch& batch) override {
    next_ = Tensor();
    const Tensor scale = step.parameter(step.model.logit_scale).exp();
    const Tensor cosines = train::cosines(images, texts);
    const Tensor allowed = negatives(batch, cosines.size(0), cosines.device());
    const Tensor rows = allowed.any(1).nonzero().squeeze(1);
    if (rows.numel() == 0) return 0.0 * cosines.sum();
    const Tensor means =
        torch::stack({log_means(cosines, scale, allowed).index_select(0, rows),
                      log_means(cosines.t(), scale, allowed).index_select(0, rows)});
    samples_ = torch::tensor(batch.samples, torch::kInt64).index_select(0, rows.cpu());
    next_ = moved_estimates(means.detach().cpu(), decay_of(batch.epoch));
    const Tensor estimates = next_.to(means.device());
    // Of the estimates' logarithm the means' gradient is that of the means over the estimates.
    const Tensor shares = (means - estimates).exp().sum(0).mean();
    return shares / scale.detach() + options_.rho / scale + estimates.sum(0).mean() / (2.0 * scale);
  }

  void step_taken() override {
    if (next_.defined()) estimates_.index_copy_(1, samples_, next_);
    next_ = Tensor();
  }

  void save(TensorMap& map) const override { map.add(kEstimates, libtorch::to_buffer(estimates_)); }
  void load(SavedState& saved) override {
    saved.restore("what the global loss knows of each pair", {{kEstimates, estimates_}});
  }

 private:
  /// How much a batch counts: all in the first epoch, and ever less until the decay's end.
  double decay_of(std::uint64_t epoch) const {
    const auto done = static_cast<double>(epoch);
    if (epoch == 0) return 1.0;
    if (done >= options_.decay_epochs) return options_.gamma;
    const double cosine = std::cos(std::numbers::pi * done / options_.decay_epochs);
    return options_.gamma + 0.5 * (1.0 + cosine) * (1.0 - options_.gamma);
  }

  /// log((1 - gamma) estimate + gamma mean), or the mean where there was no estimate.
  Tensor moved_estimates(const Tensor& means, double gamma) const {
    const Tensor before = estimates_.index_select(1, samples_);
    if (gamma >= 1.0) return means;
    const Tensor moved = torch::logaddexp(before + std::log1p(-gamma), means + std::log(gamma));
    return torch::where(before == kUnmet, means, moved);
  }

  GlobalContrastiveOptions options_;
  Tensor estimates_;  ///< [2, samples], logarithms: of pictures, of texts
  Tensor samples_;    ///< those of the batch that was looked at last
  Tensor next_;       ///< their estimates after it
};

}  // namespace

std::unique_ptr<Task> global_contrastive_task(std::int64_t samples,
                                              const GlobalContrastiveOptions& options) {
  return std::make_unique<GlobalContrastiveTask>(samples, options);
}

}  // namespace diptych::train
