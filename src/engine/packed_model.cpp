#include "engine/packed_model.h"

#include <utility>

namespace diptych::engine {
namespace {

/// The first lane, which says whether the device has any; as many as there are threads.
std::vector<std::unique_ptr<Executor>> make_lanes(const Executor& executor, int threads) {
  std::vector<std::unique_ptr<Executor>> lanes;
  if (threads < 2) return lanes;
  auto first = executor.beside();
  if (!first) return lanes;
  lanes.resize(static_cast<std::size_t>(threads));
  lanes.front() = std::move(first);
  return lanes;
}

}  // namespace

PackedModel::PackedModel(std::unique_ptr<Executor> executor, std::shared_ptr<ThreadPool> pool)
    : executor_(std::move(executor)),
      pool_(std::move(pool)),
      lanes_(make_lanes(*executor_, pool_->size())),
      turns_(lanes_.size()) {}

void PackedModel::in_turn(Turns::Size size, const Work& work) {
  const Turns::Turn turn = turns_.take(size);
  if (turn.has_whole()) return work(*executor_);
  std::unique_ptr<Executor>& lane = lanes_[turn.lane()];
  if (!lane) lane = executor_->beside();
  work(*lane);
}

void PackedModel::loop_in_turn(std::size_t count, const std::function<void(std::size_t)>& body) {
  const Turns::Turn turn = turns_.take(Turns::Size::large);
  pool_->run(count, body);
}

}  // namespace diptych::engine
