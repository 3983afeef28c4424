#include "train/gradient_sum.h"

#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <numeric>
#include <utility>

namespace diptych::train {
namespace {

using torch::Tensor;

/// So many numbers are a message of their own, where they lie, 1 MiB of them. Of fewer, several
/// share one: copying them to and fro costs less than a message.
constexpr std::int64_t kMessage = std::int64_t{1} << 18;

/// Says when autograd has added the last of a parameter's gradient in a way back.
class GradientWatch : public torch::autograd::PostAccumulateGradHook {
 public:
  explicit GradientWatch(std::function<void()> added) : added_(std::move(added)) {}
  void operator()(const Tensor& /*parameter*/) override { added_(); }

 private:
  std::function<void()> added_;
};

/// Whether nobody else has a gradient's memory: autograd may still need what it shares.
bool is_alone_in_memory(const Tensor& gradient) {
  return gradient.is_contiguous() && gradient.storage().use_count() == 1;
}

}  // namespace

GradientSum::GradientSum(const libtorch::ProcessGroup& group, libtorch::Parameters parameters)
    : group_(group),
      parameters_(std::move(parameters)),
      message_of_(parameters_.size()),
      has_gradient_(parameters_.size()) {
  divide();
  for (std::size_t i = 0; i < parameters_.size(); ++i) watch(i);
}

GradientSum::~GradientSum() {
  for (const Tensor& parameter : parameters_)
    torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
}

/// By the parameters' sizes alone: all processes send the same messages, in every step, so that
/// each number is added up in one order.
void GradientSum::divide() {
  Message small;
  std::int64_t numbers = 0;
  const auto add = [&](Message message) {
    for (const std::size_t i : message.parameters) message_of_[i] = messages_.size();
    messages_.push_back(std::move(message));
  };
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].numel() >= kMessage) {
      add({.parameters = {i}});
      continue;
    }
    small.parameters.push_back(i);
    numbers += parameters_[i].numel();
    if (numbers < kMessage) continue;
    add(std::exchange(small, {}));
    numbers = 0;
  }
  if (!small.parameters.empty()) add(std::move(small));
  // The way back mostly comes to the last parameters first.
  order_.resize(messages_.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::ranges::sort(order_, std::greater<>(),
                    [this](std::size_t message) { return messages_[message].parameters.front(); });
}

void GradientSum::watch(std::size_t parameter) {
  torch::autograd::impl::set_post_acc_grad_hooks(
      parameters_[parameter],
      std::make_unique<GradientWatch>([this, parameter] { set_final(parameter); }));
}

void GradientSum::begin() {
  // Of another device autograd queues what it has not computed yet.
  if (parameters_.empty() || !parameters_.front().is_cpu()) return;
  for (Message& message : messages_) message.pending = message.parameters.size();
  goes_back_ = true;
}

void GradientSum::set_final(std::size_t parameter) {
  if (!goes_back_) return;
  const std::size_t message = message_of_[parameter];
  if (--messages_[message].pending > 0) return;
  final_.push_back(message);
  while (next_ < order_.size() && messages_[order_[next_]].pending == 0)
    begin_sum(messages_[order_[next_++]]);
}

void GradientSum::begin_sum(Message& message) {
  const torch::NoGradGuard no_gradients;
  for (const std::size_t i : message.parameters) {
    Tensor& gradient = parameters_[i].mutable_grad();
    has_gradient_[i] = gradient.defined() ? 1 : 0;
    if (!gradient.defined()) gradient = torch::zeros_like(parameters_[i]);
  }
  const Tensor& first = parameters_[message.parameters.front()].grad();
  if (message.parameters.size() == 1 && is_alone_in_memory(first)) {
    message.wait = group_.begin_sum(first);
    return;
  }
  std::vector<Tensor> flat;
  for (const std::size_t i : message.parameters)
    flat.push_back(parameters_[i].grad().reshape({-1}));
  message.sum = torch::cat(flat);
  message.wait = group_.begin_sum(message.sum);
}

void GradientSum::end_sum(Message& message) {
  std::exchange(message.wait, nullptr)();
  if (!message.sum.defined()) return;
  const Tensor sum = std::exchange(message.sum, {});
  std::int64_t first = 0;
  for (const std::size_t i : message.parameters) {
    const Tensor& gradient = parameters_[i].grad();
    gradient.copy_(sum.narrow(0, first, gradient.numel()).view(gradient.sizes()));
    first += gradient.numel();
  }
}

void GradientSum::finish() {
  const torch::NoGradGuard no_gradients;
  goes_back_ = false;
  for (std::size_t i = 0; i < order_.size(); ++i) {
    Message& message = messages_[order_[i]];
    if (i >= next_) begin_sum(message);
    end_sum(message);
  }
  agree();
  next_ = 0;
  final_.clear();
}

/// On which parameters have a gradient in any process, and on the order of the messages in the next
/// step: that in which they became final in the first process.
void GradientSum::agree() {
  std::vector<std::int64_t> numbers = has_gradient_;
  const auto is_known = [this](std::size_t message) {
    return std::ranges::find(final_, message) != final_.end();
  };
  std::ranges::copy_if(order_, std::back_inserter(final_), std::not_fn(is_known));
  for (const std::size_t message : final_)
    numbers.push_back(group_.rank() == 0 ? static_cast<std::int64_t>(message) : 0);
  const Tensor sums = torch::tensor(numbers, torch::kInt64);
  group_.sum(sums);
  const auto* next = sums.const_data_ptr<std::int64_t>();
  for (const Tensor& parameter : parameters_) {
    if (*next++ == 0) parameter.mutable_grad() = Tensor();
  }
  for (std::size_t& message : order_) message = static_cast<std::size_t>(*next++);
}

}  // namespace diptych::train
