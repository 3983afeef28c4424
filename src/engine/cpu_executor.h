#pragma once

#include <memory>

#include "base/parallel.h"
#include "engine/operations.h"
#include "engine/packed_model.h"
#include "engine/weights.h"
#include "network/token_tree.h"

namespace diptych::engine {

/// The towers on the CPU, in the precision of their weights. Results have the same bits on any
/// number of threads. `merged_rows` of each picture are merged in a block
/// (network::image_features).
class CpuExecutor : public Executor {
 public:
  CpuExecutor(std::shared_ptr<const Weights> weights, std::shared_ptr<ThreadPool> pool,
              Observers observers = {}, int merged_rows = 0)
      : weights_(std::move(weights)),
        pool_(std::move(pool)),
        observers_(observers),
        merged_rows_(merged_rows),
        operations_(*weights_, *pool_, observers) {}

  const network::Model& model() const override { return weights_->model(); }
  std::int64_t batch_floats() const override;
  std::unique_ptr<Executor> beside() const override;
  bool shares_prefixes() const override { return network::shares_prefixes(model().text); }

  std::vector<std::string> notes() const override { return weights_->notes(); }

  void image_features(const network::Pixels& pixels, std::span<float> features) override;
  void text_features(const network::Tokens& tokens, std::span<float> features) override;
  std::unique_ptr<CaptionSteps> begin_captions(const network::Pixels& pixels, int each) override;

 private:
  std::shared_ptr<const Weights> weights_;
  std::shared_ptr<ThreadPool> pool_;
  Observers observers_;
  int merged_rows_;
  Operations operations_;
};

/// Returns weights and threads as what encoders share. Observers see one request at a time.
std::shared_ptr<PackedModel> on_cpu(std::shared_ptr<const Weights> weights,
                                    std::shared_ptr<ThreadPool> pool, Observers observers = {},
                                    int merged_rows = 0);

}  // namespace diptych::engine
