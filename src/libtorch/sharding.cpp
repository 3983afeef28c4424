#include "libtorch/sharding.h"

#include <algorithm>
#include <span>
#include <utility>

#include "libtorch/parameters.h"
#include "tensor/dtype.h"

namespace diptych::libtorch {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// A sharding as autograd keeps it.
struct KeptSharding : torch::CustomClassHolder {
  explicit KeptSharding(Sharding kept) : sharding(std::move(kept)) {}
  Sharding sharding;
};

std::int64_t shard_length(std::int64_t numbers, const ProcessGroup& group) {
  return (numbers + group.world() - 1) / group.world();
}

/// The numbers in one dimension, filled up with zeros so that every process has equally many.
Tensor filled_up(const Tensor& whole, const ProcessGroup& group) {
  const Tensor flat = whole.reshape({-1});
  const std::int64_t missing = shard_length(flat.numel(), group) * group.world() - flat.numel();
  return missing == 0 ? flat : torch::constant_pad_nd(flat, {0, missing});
}

struct Whole : torch::autograd::Function<Whole> {
  static Tensor forward(AutogradContext* context, const Tensor& shard,
                        const c10::intrusive_ptr<KeptSharding>& kept) {
    context->saved_data["sharding"] = c10::IValue::make_capsule(kept);
    const Shape& shape = kept->sharding.shape;
    return kept->sharding.group->joined(shard).narrow(0, 0, element_count(shape)).view(shape);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto capsule = context->saved_data["sharding"].toCapsule();
    const ProcessGroup& group = *static_cast<const KeptSharding&>(*capsule).sharding.group;
    return {group.part_of_sum(filled_up(gradients.front(), group)), Tensor()};
  }
};

}  // namespace

Tensor Sharding::shard_of(const Tensor& whole) const {
  if (group == nullptr) return whole;
  return part_of(whole.detach()).clone();
}

Tensor Sharding::shard_from(const TensorView& whole, torch::Device device) const {
  if (group == nullptr) return to_torch(whole, device);
  const DenseTensor dense(whole);
  const std::int64_t length = shard_length(whole.count(), *group);
  const std::int64_t first = std::min(group->rank() * length, whole.count());
  const std::int64_t count = std::min(length, whole.count() - first);
  const std::size_t size = size_of(whole.dtype);
  const auto bytes = dense.bytes().subspan(static_cast<std::size_t>(first) * size,
                                           static_cast<std::size_t>(count) * size);
  Tensor shard = torch::zeros({length}, torch::kFloat32);
  to_floats({whole.dtype, {count}, bytes, nullptr},
            std::span(shard.data_ptr<float>(), static_cast<std::size_t>(count)));
  return shard.to(device);
}

Tensor Sharding::part_of(const Tensor& whole) const {
  if (group == nullptr) return whole;
  const std::int64_t length = shard_length(whole.numel(), *group);
  return filled_up(whole, *group).narrow(0, group->rank() * length, length);
}

Tensor Sharding::whole_of(const Tensor& shard) const {
  if (group == nullptr) return shard;
  return Whole::apply(shard, c10::make_intrusive<KeptSharding>(*this));
}

std::vector<Sharding> shardings(const network::ParameterTable& table, const ProcessGroup* group) {
  std::vector<Sharding> result;
  for (const network::ParameterSpec& spec : table.specs()) {
    const bool is_matrix = spec.shape.size() > 1;
    result.push_back({.shape = spec.shape, .group = is_matrix ? group : nullptr});
  }
  return result;
}

}  // namespace diptych::libtorch
