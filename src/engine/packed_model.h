#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/parallel.h"
#include "engine/executor.h"
#include "engine/turns.h"

namespace diptych::engine {

/// Weights packed for a device, with the threads that compute: what encoders and captioners of a
/// model share. Whoever computes takes a turn for each batch, in the order of asking. Thread-safe.
class PackedModel {
 public:
  /// `pool` is for the host's work, and the executor's where that computes on the host.
  PackedModel(std::unique_ptr<Executor> executor, std::shared_ptr<ThreadPool> pool);

  const network::Model& model() const { return executor_->model(); }
  std::int64_t batch_floats() const { return executor_->batch_floats(); }
  bool shares_prefixes() const { return executor_->shares_prefixes(); }
  std::vector<std::string> notes() const { return executor_->notes(); }
  int threads() const { return pool_->size(); }

  using Work = std::function<void(Executor&)>;
  /// Runs `work` in a turn. A small one may be given an executor of one thread beside others.
  void in_turn(Turns::Size size, const Work& work);
  /// Calls body(i) for every i in [0, count) on all threads, in a turn.
  void loop_in_turn(std::size_t count, const std::function<void(std::size_t)>& body);
  /// Returns how many wait for a turn.
  std::size_t waiting() const { return turns_.waiting(); }

 private:
  std::unique_ptr<Executor> executor_;
  std::shared_ptr<ThreadPool> pool_;
  std::vector<std::unique_ptr<Executor>> lanes_;  ///< each made in the first turn that has it
  Turns turns_;
};

}  // namespace diptych::engine
