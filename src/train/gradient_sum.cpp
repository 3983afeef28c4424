#include "train/gradient_sum.h"

#include <cstdint>
#include <vector>

namespace diptych::train {
namespace {

using torch::Tensor;

/// So many numbers are a message of their own, where they lie, 1 MiB of them. Of fewer, several
/// share one: copying them to and fro costs less than a message.
constexpr std::int64_t kMessage = std::int64_t{1} << 18;

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
void sum_message(const libtorch::ProcessGroup& group, const std::vector<Tensor>& gradients) {
  if (gradients.empty()) return;
  if (gradients.size() == 1 && gradients.front().is_contiguous())
    return group.sum(gradients.front());
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
  std::vector<Tensor> small;
  std::int64_t numbers = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (counts.const_data_ptr<std::int64_t>()[i] == 0) continue;
    Tensor& gradient = parameters[i].mutable_grad();
    if (!gradient.defined()) gradient = torch::zeros_like(parameters[i]);
    // By its size alone: all processes send the same messages.
    if (gradient.numel() >= kMessage) {
      sum_message(group, {gradient});
      continue;
    }
    small.push_back(gradient);
    numbers += gradient.numel();
    if (numbers < kMessage) continue;
    sum_message(group, small);
    small.clear();
    numbers = 0;
  }
  sum_message(group, small);
}

}  // namespace diptych::train
