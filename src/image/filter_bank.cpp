#include "image/filter_bank.h"

#include <algorithm>
#include <cmath>

namespace diptych::image {
namespace {

double triangle(double x) {
  x = std::abs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

/// Keys (1981) with a = -0.5, the value Pillow uses (OpenCV and PyTorch tensors take -0.75).
double cubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((kA + 2.0) * x - (kA + 3.0)) * x * x + 1.0;
  if (x < 2.0) return (((x - 5.0) * x + 8.0) * x - 4.0) * kA;
  return 0.0;
}

std::int32_t round_weight(double weight) {
  const double scaled = weight * (1 << kWeightBits);
  return static_cast<std::int32_t>(weight < 0.0 ? scaled - 0.5 : scaled + 0.5);
}

/// The weights of one output centred at `center` in input coordinates, of sum one.
std::vector<double> sample_kernel(double (*kernel)(double), double center, double scale, int first,
                                  int end) {
  std::vector<double> weights(static_cast<std::size_t>(end - first));
  double sum = 0.0;
  for (std::size_t t = 0; t < weights.size(); ++t) {
    weights[t] = kernel((static_cast<double>(t) + first - center + 0.5) * scale);
    sum += weights[t];
  }
  if (sum != 0.0)
    for (double& weight : weights) weight /= sum;
  return weights;
}

}  // namespace

RealFilterBank real_filter_bank(int inputs, std::int64_t outputs, std::int64_t begin, int count,
                                Interpolation interpolation) {
  const bool bicubic = interpolation == Interpolation::bicubic;
  double (*const kernel)(double) = bicubic ? cubic : triangle;
  const double scale = static_cast<double>(inputs) / static_cast<double>(outputs);
  const double stretch = std::max(scale, 1.0);
  const double support = (bicubic ? 2.0 : 1.0) * stretch;
  RealFilterBank bank;
  for (int i = 0; i < count; ++i) {
    const double center = (static_cast<double>(begin + i) + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int end = std::min(static_cast<int>(center + support + 0.5), inputs);
    bank.first.push_back(first);
    bank.weights.push_back(sample_kernel(kernel, center, 1.0 / stretch, first, end));
  }
  return bank;
}

FilterBank fixed_point(const RealFilterBank& real) {
  FilterBank bank;
  bank.first = real.first;
  for (const auto& weights : real.weights) {
    bank.count.push_back(static_cast<int>(weights.size()));
    bank.taps = std::max(bank.taps, bank.count.back());
  }
  const auto taps = static_cast<std::size_t>(bank.taps);
  bank.weights.assign(real.first.size() * taps, 0);
  for (std::size_t i = 0; i < real.weights.size(); ++i)
    std::transform(real.weights[i].begin(), real.weights[i].end(), &bank.weights[i * taps],
                   round_weight);
  return bank;
}

FilterBank filter_bank(int inputs, std::int64_t outputs, std::int64_t begin, int count,
                       Interpolation interpolation) {
  return fixed_point(real_filter_bank(inputs, outputs, begin, count, interpolation));
}

}  // namespace diptych::image
