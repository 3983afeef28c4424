#include "train/saved_state.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "base/error.h"

namespace diptych::train {
namespace {

/// What the first process says when it has read.
constexpr std::int64_t kDone = -1;

TensorView gathered(const StateTensor& state) {
  return computed_tensor(DType::float32, state.sharding.shape, [state](std::span<std::byte> out) {
    const torch::NoGradGuard no_gradients;
    const torch::Tensor whole =
        state.sharding.whole_of(state.tensor).to(torch::kCPU, torch::kFloat32).contiguous();
    std::memcpy(out.data(), whole.const_data_ptr(), out.size());
  });
}

/// Returns the number that the first process gives.
std::int64_t from_the_first(const libtorch::ProcessGroup& group, std::int64_t number) {
  return group.gathered_numbers({number}).front().front();
}

/// The tensors that are gathered, in an order that all processes have.
std::vector<TensorView*> gathered_of(TensorMap& state) {
  std::vector<TensorView*> result;
  for (auto& [name, tensor] : state.tensors) {
    if (tensor.compute) result.push_back(&tensor);
  }
  return result;
}

}  // namespace

State state_of(const std::string& prefix, const network::ParameterTable& table,
               const libtorch::Parameters& parameters,
               const std::vector<libtorch::Sharding>& shardings) {
  State state;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    state.push_back({.name = prefix + table.specs()[i].name,
                     .tensor = parameters[i],
                     .sharding = shardings.empty() ? libtorch::Sharding{} : shardings[i]});
  }
  return state;
}

void add_state(TensorMap& map, const State& state) {
  const torch::NoGradGuard no_gradients;
  for (const auto& [name, tensor, sharding] : state) {
    if (sharding) {
      map.tensors.insert_or_assign(name, gathered({name, tensor.detach(), sharding}));
    } else {
      map.add(name, libtorch::to_buffer(tensor));
    }
  }
}

void read_together(const libtorch::ProcessGroup& group, const TensorMap& state,
                   const std::function<void(const TensorMap&)>& read) {
  TensorMap readable = state;
  const std::vector<TensorView*> tensors = gathered_of(readable);
  if (group.rank() == 0) {
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const auto announced = [&group, i, gather = tensors[i]->compute](std::span<std::byte> out) {
        from_the_first(group, static_cast<std::int64_t>(i));
        (*gather)(out);
      };
      tensors[i]->compute = std::make_shared<const ComputeBytes>(announced);
    }
    read(readable);
    from_the_first(group, kDone);
    return;
  }
  for (;;) {
    const std::int64_t next = from_the_first(group, kDone);
    if (next == kDone) return;
    const DenseTensor gathered_with_it(*tensors[static_cast<std::size_t>(next)]);
  }
}

bool SavedState::restore(const std::string& what, const State& into) {
  const torch::NoGradGuard no_gradients;
  for (const auto& [name, tensor, sharding] : into) {
    const auto found = map_.tensors.find(name);
    const Shape shape =
        sharding ? sharding.shape : Shape(tensor.sizes().begin(), tensor.sizes().end());
    if (found != map_.tensors.end() && found->second.shape == shape) continue;
    if (missing_ == Missing::is_damage) {
      fail(ErrorCode::corrupt_data, "checkpoint: got no tensor '{}' of shape {}", name,
           to_string(shape));
    }
    if (std::ranges::find(afresh_, what) == afresh_.end()) afresh_.push_back(what);
    return false;
  }
  for (const auto& [name, tensor, sharding] : into)
    tensor.copy_(sharding.shard_from(map_.tensors.at(name), tensor.device()));
  return true;
}

}  // namespace diptych::train
