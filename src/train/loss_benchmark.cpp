#include "train/loss_benchmark.h"

#include <sys/resource.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "libtorch/device.h"
#include "train/loss.h"

namespace diptych::train {
namespace {

using torch::Tensor;

/// Above it the plain loss would take gigabytes.
constexpr int kMostForPlain = 8192;
constexpr int kMostPairs = 1 << 24;
constexpr int kMostWidth = 1 << 16;

/// What a loss takes, as leaves of a graph.
struct Leaves {
  Tensor images;
  Tensor texts;
  Tensor scale;
  Tensor bias;

  std::vector<Tensor> all() const { return {images, texts, scale, bias}; }
};

Leaves random_leaves(const LossBenchmarkOptions& options, torch::Device device) {
  torch::manual_seed(0);
  const auto leaf = [&](Tensor values) { return values.to(device).set_requires_grad(true); };
  return {.images = leaf(torch::randn({options.pairs, options.width})),
          .texts = leaf(torch::randn({options.pairs, options.width})),
          .scale = leaf(torch::tensor(std::log(100.0F))),
          .bias = leaf(torch::tensor(-10.0F))};
}

Tensor tiled_loss(const Leaves& leaves, bool sigmoid) {
  if (sigmoid) return sigmoid_loss(leaves.images, leaves.texts, leaves.scale, leaves.bias);
  return contrastive_loss(leaves.images, leaves.texts, leaves.scale);
}

/// The losses as the papers write them, over the whole matrix.
Tensor plain_loss(const Leaves& leaves, bool sigmoid) {
  namespace functional = torch::nn::functional;
  const auto unit = [](const Tensor& rows) {
    return functional::normalize(rows, functional::NormalizeFuncOptions().dim(1));
  };
  Tensor logits = leaves.scale.exp() * unit(leaves.images).matmul(unit(leaves.texts).t());
  if (sigmoid) {
    const Tensor signs = 2.0 * torch::eye(logits.size(0), logits.options()) - 1.0;
    return -torch::log_sigmoid(signs * (logits + leaves.bias)).sum() / logits.size(0);
  }
  const Tensor targets =
      torch::arange(logits.size(0), logits.options().dtype(torch::kInt64).requires_grad(false));
  return 0.5 * (functional::cross_entropy(logits, targets) +
                functional::cross_entropy(logits.t(), targets));
}

double largest(const Tensor& tensor) {
  return tensor.abs().max().item<double>();
}

double difference(const Leaves& leaves, double loss, bool sigmoid) {
  std::vector<Tensor> gradients;
  for (const Tensor& leaf : leaves.all()) {
    gradients.push_back(leaf.grad());
    Tensor(leaf).mutable_grad() = Tensor();
  }
  const Tensor plain = plain_loss(leaves, sigmoid);
  plain.backward();
  const auto expected = plain.item<double>();
  double result = std::abs(expected - loss) / std::max(std::abs(expected), 1.0);
  const std::vector<Tensor> all = leaves.all();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].grad().defined()) continue;
    const double size = std::max(largest(all[i].grad()), 1e-30);
    result = std::max(result, largest(gradients[i] - all[i].grad()) / size);
  }
  return result;
}

std::uint64_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

void check(const LossBenchmarkOptions& options) {
  const auto check_range = [](const char* what, int got, int least, int most) {
    if (got < least || got > most) {
      fail(ErrorCode::invalid_argument, "bench: {}: got {}, expected {} to {}", what, got, least,
           most);
    }
  };
  check_range("pairs", options.pairs, 2, kMostPairs);
  check_range("width", options.width, 1, kMostWidth);
  if (options.loss != "contrastive" && options.loss != "sigmoid") {
    fail(ErrorCode::invalid_argument, "bench: loss: got '{}', expected contrastive or sigmoid",
         options.loss);
  }
}

}  // namespace

LossBenchmark benchmark_loss(const LossBenchmarkOptions& options) {
  check(options);
  at::set_num_threads(options.threads > 0 ? options.threads : available_cpus());
  const bool sigmoid = options.loss == "sigmoid";
  const Leaves leaves = random_leaves(options, libtorch::device_of(options.device));
  const auto start = std::chrono::steady_clock::now();
  const Tensor loss = tiled_loss(leaves, sigmoid);
  loss.backward();
  const double value = loss.item<double>();
  LossBenchmark result;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.peak_bytes = peak_bytes();
  if (options.pairs <= kMostForPlain)
    result.largest_difference = difference(leaves, value, sigmoid);
  return result;
}

}  // namespace diptych::train
