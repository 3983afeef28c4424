#include "train/gradient_sum.h"

#include <cstdint>
#include <vector>

namespace diptych::train {
namespace {

using torch::Tensor;

/// Numbers that are summed in one message: 32 MiB of them.
constexpr std::int64_t kBucket = std::int64_t{1} << 23;

/// In how many processes each parameter has a gradient, [parameters].
Tensor count_gradients(const libtorch::ProcessGroup& group,
                       const libtorch::Parameters& parameters) {
  std::vector<std::int64_t> has;
  for (const Tensor& parameter : parameters) has.push_back(parameter.grad().defined() ? 1 : 0);
  Tensor counts = torch::tensor(has, torch::kInt64);
  group.sum(counts);
  return counts;
}

/// Sums gradients that are one message.
void sum_bucket(const libtorch::ProcessGroup& group, const std::vector<Tensor>& gradients) {
  if (gradients.empty()) return;
  std::vector<Tensor> flat;
  for (const Tensor& gradient : gradients) flat.push_back(gradient.reshape({-1}));
  const Tensor all = torch::cat(flat);
  group.sum(all);
  std::int64_t first = 0;
  for (const Tensor& gradient : gradients) {
    gradient.copy_(all.narrow(0, first, gradient.numel()).view(gradient.sizes()));
    first += gradient.numel();
  }
}

}  // namespace

void sum_gradients(const libtorch::ProcessGroup& group, const libtorch::Parameters& parameters) {
  const torch::NoGradGuard no_gradients;
  const Tensor counts = count_gradients(group, parameters);
  std::vector<Tensor> bucket;
  std::int64_t numbers = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (counts.const_data_ptr<std::int64_t>()[i] == 0) continue;
    Tensor& gradient = parameters[i].mutable_grad();
    if (!gradient.defined()) gradient = torch::zeros_like(parameters[i]);
    bucket.push_back(gradient);
    numbers += gradient.numel();
    if (numbers < kBucket) continue;
    sum_bucket(group, bucket);
    bucket.clear();
    numbers = 0;
  }
  sum_bucket(group, bucket);
}

}  // namespace diptych::train
