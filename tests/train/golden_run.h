#pragma once

#include <nlohmann/json.hpp>

#include "base/mapped_file.h"
#include "checkpoint/containers/safetensors.h"
#include "libtorch/compute_device.h"
#include "support/support.h"
#include "train/learner.h"

namespace diptych::test {

/// A golden run of tests/data/training, "clip" or "siglip", made by open_clip: a tiny model, ten
/// batches, and what ten steps on them give.
struct GoldenRun {
  bool sigmoid;
  nlohmann::json recipe;
  TensorMap initial;
  TensorMap batches;
  TensorMap first_gradients;
  TensorMap last_weights;

  explicit GoldenRun(const std::string& name = "clip")
      : sigmoid(name == "siglip"),
        recipe(nlohmann::json::parse(read_text_file(data_path("training/" + name + ".json")))),
        initial(read(name + "_initial")),
        batches(read(name + "_batches")),
        first_gradients(read(name + "_grads_step0")),
        last_weights(read(name + "_after10")) {}

  static TensorMap read(const std::string& name) {
    return checkpoint::read_safetensors(data_path("training/" + name + ".safetensors"));
  }

  network::ModelConfig config() const {
    network::VisionTransformerConfig image{
        .image_size = 48, .patch_size = 16, .width = 64, .layers = 2, .heads = 2, .mlp_width = 256};
    network::TextTransformerConfig text{.context_length = 16,
                                        .vocabulary_size = 256,
                                        .width = 64,
                                        .heads = 2,
                                        .layers = 2,
                                        .mlp_width = 256};
    return {.embedding_width = 48, .image = image, .text = text, .logit_bias = sigmoid};
  }

  static train::OptimiserOptions optimiser_options() {
    return {.beta1 = 0.9,
            .beta2 = 0.98,
            .epsilon = 1e-6,
            .weight_decay = 0.2,
            .gradient_clip_norm = 1.0};
  }

  std::unique_ptr<train::Learner> learner(train::LearnerOptions options = {
                                              .optimiser = optimiser_options()}) const {
    network::Model model = network::make_model(config());
    libtorch::Parameters parameters =
        libtorch::parameters_from(model.parameters, initial, device());
    auto task = sigmoid ? train::sigmoid_task(model) : train::contrastive_task();
    return std::make_unique<train::Learner>(std::move(model), std::move(parameters),
                                            std::move(task), options);
  }

  train::Batch batch(const network::Model& model, int step) const {
    constexpr std::size_t kPairs = 12;
    constexpr std::size_t kLength = 16;
    constexpr std::size_t kPixels = 3 * 48 * 48;
    const std::vector<float> pixels = to_floats(batches.at("pixels"));
    const std::vector<std::int64_t> ids = to_integers(batches.at("tokens"));
    const auto first_id = ids.begin() + static_cast<std::ptrdiff_t>(step * kPairs * kLength);
    const std::vector<std::int32_t> rows(first_id, first_id + kPairs * kLength);
    const auto first_pixel = pixels.begin() + static_cast<std::ptrdiff_t>(step * kPairs * kPixels);
    train::Batch batch;
    batch.pixels = {first_pixel, first_pixel + kPairs * kPixels};
    batch.side = 48;
    batch.tokens = network::pack_tokens(model, rows, kLength);
    return batch;
  }
};

}  // namespace diptych::test
