#include "checkpoint/fitting/fused_branches.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>

#include "base/error.h"
#include "checkpoint/containers/convert_floating.h"

namespace diptych::checkpoint {
namespace {

/// PyTorch's default, which timm leaves as it is.
constexpr double kBatchNormEpsilon = 1e-5;

}  // namespace

std::vector<float> BranchTensors::take(const std::string& name, const Shape& shape) {
  const auto found = tensors_.tensors.find(name);
  if (found == tensors_.tensors.end()) {
    fail(ErrorCode::invalid_argument,
         "the weights do not fit the model's config: missing: {}, expected {} ({})", name,
         to_string(shape), file_);
  }
  const TensorView view = found->second;
  if (view.shape != shape || !is_floating(view.dtype)) {
    fail(ErrorCode::invalid_argument,
         "the weights do not fit the model's config: {}: got {} of {}, expected {} of a "
         "floating-point type ({})",
         name, to_string(view.shape), diptych::name(view.dtype), to_string(shape), file_);
  }
  tensors_.tensors.erase(found);
  return to_floats(view);
}

void BranchTensors::put(const std::string& name, const Shape& shape,
                        const std::vector<double>& values) {
  const std::vector<float> rounded(values.begin(), values.end());
  tensors_.add(name, TensorBuffer(shape, rounded));
}

FoldedBatchNorm take_batch_norm(BranchTensors& tensors, const std::string& name, int channels) {
  const Shape shape = {channels};
  const std::vector<float> weight = tensors.take(name + ".weight", shape);
  const std::vector<float> bias = tensors.take(name + ".bias", shape);
  const std::vector<float> mean = tensors.take(name + ".running_mean", shape);
  const std::vector<float> variance = tensors.take(name + ".running_var", shape);
  FoldedBatchNorm folded;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    const double scale = weight[i] / std::sqrt(variance[i] + kBatchNormEpsilon);
    folded.scale.push_back(scale);
    folded.shift.push_back(bias[i] - mean[i] * scale);
  }
  return folded;
}

FusedConvolution::FusedConvolution(int outputs, int inputs, int kernel)
    : outputs_(outputs), inputs_(inputs), kernel_(kernel) {}

void FusedConvolution::make_room() {
  const auto outputs = static_cast<std::size_t>(outputs_);
  weight_.resize(outputs * static_cast<std::size_t>(inputs_) *
                 static_cast<std::size_t>(kernel_ * kernel_));
  bias_.resize(outputs);
}

std::size_t FusedConvolution::middle(int output) const {
  const auto area = static_cast<std::size_t>(kernel_ * kernel_);
  const auto channel = static_cast<std::size_t>(output) * static_cast<std::size_t>(inputs_) +
                       static_cast<std::size_t>(output % inputs_);
  return channel * area + area / 2;
}

void FusedConvolution::add_convolution(BranchTensors& tensors, const std::string& name,
                                       int kernel) {
  const std::vector<float> weight =
      tensors.take(name + ".conv.weight", {outputs_, inputs_, kernel, kernel});
  const FoldedBatchNorm norm = take_batch_norm(tensors, name + ".bn", outputs_);
  make_room();
  const int margin = (kernel_ - kernel) / 2;
  std::size_t from = 0;
  for (int output = 0; output < outputs_; ++output) {
    const auto o = static_cast<std::size_t>(output);
    for (int input = 0; input < inputs_; ++input) {
      for (int place = 0; place < kernel * kernel; ++place, ++from) {
        const int y = margin + place / kernel;
        const int x = margin + place % kernel;
        const auto to = static_cast<std::size_t>(
            ((static_cast<std::ptrdiff_t>(output) * inputs_ + input) * kernel_ + y) * kernel_ + x);
        weight_[to] += weight[from] * norm.scale[o];
      }
    }
    bias_[o] += norm.shift[o];
  }
}

void FusedConvolution::add_identity(BranchTensors& tensors, const std::string& name) {
  const FoldedBatchNorm norm = take_batch_norm(tensors, name, outputs_);
  make_room();
  for (int output = 0; output < outputs_; ++output) {
    weight_[middle(output)] += norm.scale[static_cast<std::size_t>(output)];
    bias_[static_cast<std::size_t>(output)] += norm.shift[static_cast<std::size_t>(output)];
  }
}

void FusedConvolution::add_input(double factor) {
  make_room();
  for (int output = 0; output < outputs_; ++output) weight_[middle(output)] += factor;
}

void FusedConvolution::add_biased(BranchTensors& tensors, const std::string& name) {
  const std::vector<float> weight =
      tensors.take(name + ".weight", {outputs_, inputs_, kernel_, kernel_});
  const std::vector<float> bias = tensors.take(name + ".bias", {outputs_});
  make_room();
  std::transform(weight.begin(), weight.end(), weight_.begin(), weight_.begin(), std::plus<>());
  std::transform(bias.begin(), bias.end(), bias_.begin(), bias_.begin(), std::plus<>());
}

void FusedConvolution::add(const FusedConvolution& other, const std::vector<double>& factors) {
  make_room();
  const std::size_t values = weight_.size() / factors.size();
  for (std::size_t output = 0; output < factors.size(); ++output) {
    for (std::size_t i = output * values; i < (output + 1) * values; ++i)
      weight_[i] += factors[output] * other.weight_[i];
    bias_[output] += factors[output] * other.bias_[output];
  }
}

void FusedConvolution::put(BranchTensors& tensors, const std::string& name) const {
  tensors.put(name + ".weight", {outputs_, inputs_, kernel_, kernel_}, weight_);
  tensors.put(name + ".bias", {outputs_}, bias_);
}

}  // namespace diptych::checkpoint
