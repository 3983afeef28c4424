#pragma once

#include <memory>
#include <string>

#include "diptych/packed_model.h"
#include "engine/executor.h"
#include "inference/device_weights.h"
#include "libtorch/operations.h"

namespace diptych::inference {

/// The towers with libtorch, on any of its devices. In half precision features lie within 2e-3
/// (cosine distance) of those in float32. What shares an input's batch may change the last bits of
/// its result. Throws Error(out_of_memory) when the device's memory is too small for a batch.
class LibtorchExecutor : public engine::Executor {
 public:
  /// `merged_rows` of each picture are merged in a block (network::image_features). Throws Error as
  /// libtorch::device_of and device_weights.
  LibtorchExecutor(network::Model model, const TensorMap& checkpoint, const std::string& device,
                   Precision precision, int merged_rows = 0);

  const network::Model& model() const override { return model_; }
  std::int64_t batch_floats() const override;
  std::unique_ptr<Executor> beside() const override { return nullptr; }

  void image_features(const network::Pixels& pixels, std::span<float> features) override;
  void text_features(const network::Tokens& tokens, std::span<float> features) override;
  std::unique_ptr<engine::CaptionSteps> begin_captions(const network::Pixels& pixels,
                                                       int each) override;

 private:
  const network::Model model_;
  const int merged_rows_;
  const torch::Device device_;
  const libtorch::Parameters parameters_;
  libtorch::Operations operations_;
};

}  // namespace diptych::inference
