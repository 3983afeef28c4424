#include <utility>

#include "base/error.h"
#include "libtorch/operations.h"
#include "libtorch/towers.h"
#include "network/caption_training.h"
#include "train/task.h"

namespace diptych::train {
namespace {

class CaptioningTask : public Task {
 public:
  CaptioningTask(std::unique_ptr<Task> pairs, const CaptioningWeights& weights)
      : pairs_(std::move(pairs)), weights_(weights) {}

  Outputs outputs(const StepModel& step, const Batch& part) const override {
    const auto& text = std::get<network::TextTransformer>(step.model.text);
    const network::CaptionTargets targets = network::caption_targets(text, part.tokens);
    const libtorch::AutocastScope autocast(step.autocast, step.parameters.front().device());
    libtorch::Operations operations(step.model.parameters, step.parameters, pass_options(step));
    const int patches = network::patch_count(step.model.config.image);
    auto captioned = network::captioned_pairs(
        operations, step.model, part.images(),
        part.patches.value_or(network::PatchSelection::all(part.pairs(), patches)), part.tokens,
        targets);
    const torch::Tensor next =
        torch::tensor(std::vector<std::int64_t>(targets.next.begin(), targets.next.end()),
                      torch::kInt64)
            .to(captioned.logits.device());
    const torch::Tensor losses =
        torch::cross_entropy_loss(captioned.logits.to(torch::kFloat32), next, /*weight=*/{},
                                  at::Reduction::Sum, network::CaptionTargets::kNothing);
    return {.images = std::move(captioned.images),
            .texts = std::move(captioned.texts),
            .own_losses = losses};
  }

  std::vector<torch::Tensor> given(const StepModel& step, const Batch& batch) const override {
    return pairs_->given(step, batch);
  }

  torch::Tensor common_loss(const StepModel& step, const torch::Tensor& images,
                            const torch::Tensor& texts, const Batch& batch) override {
    return weights_.contrastive * pairs_->common_loss(step, images, texts, batch);
  }

  void step_taken() override { pairs_->step_taken(); }
  void save(TensorMap& map) const override { pairs_->save(map); }
  void load(SavedState& saved) override { pairs_->load(saved); }

  double own_weight(const StepModel& step, const Batch& batch) const override {
    const auto& text = std::get<network::TextTransformer>(step.model.text);
    const std::int64_t count = network::caption_targets(text, batch.tokens).count();
    return count > 0 ? weights_.captioning / static_cast<double>(count) : 0.0;
  }

 private:
  std::unique_ptr<Task> pairs_;
  CaptioningWeights weights_;
};

}  // namespace

std::unique_ptr<Task> captioning_task(const network::Model& model, std::unique_ptr<Task> pairs,
                                      const CaptioningWeights& weights) {
  if (!model.decoder) {
    fail(ErrorCode::invalid_argument,
         "train: the captioning loss: got a model without a decoder, expected one");
  }
  return std::make_unique<CaptioningTask>(std::move(pairs), weights);
}

}  // namespace diptych::train
