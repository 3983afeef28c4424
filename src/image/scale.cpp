#include "image/scale.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "image/filter_bank.h"
#include "image/resample.h"

namespace diptych::image {

namespace {

constexpr double kLobes = 3.0;

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double lanczos(double x) {
  return std::abs(x) < kLobes ? sinc(x) * sinc(x / kLobes) : 0.0;
}

/// Adds an output that reads inputs from `first` on, weights made to sum to one.
void add_output(RealFilterBank& bank, int first, std::vector<double> weights) {
  double sum = 0.0;
  for (const double weight : weights) sum += weight;
  for (double& weight : weights) weight /= sum;
  bank.first.push_back(first);
  bank.weights.push_back(std::move(weights));
}

/// Each output is the mean of the inputs that it covers, those at its ends by the part covered.
RealFilterBank area_bank(int inputs, int outputs) {
  RealFilterBank bank;
  const double step = static_cast<double>(inputs) / outputs;
  for (int i = 0; i < outputs; ++i) {
    const double begin = i * step;
    const double end = std::min((i + 1) * step, static_cast<double>(inputs));
    const int first = std::min(static_cast<int>(begin), inputs - 1);
    const int last = std::clamp(static_cast<int>(std::ceil(end)), first + 1, inputs);
    std::vector<double> weights;
    for (int k = first; k < last; ++k) {
      weights.push_back(std::max(0.0, std::min(end, k + 1.0) - std::max(begin, k * 1.0)));
    }
    add_output(bank, first, std::move(weights));
  }
  return bank;
}

RealFilterBank lanczos_bank(int inputs, int outputs) {
  RealFilterBank bank;
  const double step = static_cast<double>(inputs) / outputs;
  const double stretch = std::max(step, 1.0);
  for (int i = 0; i < outputs; ++i) {
    const double center = (i + 0.5) * step;
    const int first = std::max(static_cast<int>(std::floor(center - kLobes * stretch + 0.5)), 0);
    const int end = std::min(static_cast<int>(std::floor(center + kLobes * stretch + 0.5)), inputs);
    std::vector<double> weights;
    for (int k = first; k < end; ++k) weights.push_back(lanczos((k - center + 0.5) / stretch));
    add_output(bank, first, std::move(weights));
  }
  return bank;
}

FilterBank bank_for(int inputs, int outputs, ScaleFilter filter) {
  switch (filter) {
    case ScaleFilter::area:
      return fixed_point(area_bank(inputs, outputs));
    case ScaleFilter::lanczos:
      return fixed_point(lanczos_bank(inputs, outputs));
    case ScaleFilter::bilinear:
      return filter_bank(inputs, outputs, 0, outputs, Interpolation::bilinear);
    case ScaleFilter::bicubic:
      break;
  }
  return filter_bank(inputs, outputs, 0, outputs, Interpolation::bicubic);
}

}  // namespace

Image scale(const Image& image, int width, int height, ScaleFilter filter_kind) {
  Image result{.width = width, .height = height, .rgb = {}, .facts = image.facts};
  result.rgb = filter(view(image), bank_for(image.width, width, filter_kind),
                      bank_for(image.height, height, filter_kind));
  return result;
}

}  // namespace diptych::image
