#include "network/operations/weight_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace diptych::network {
namespace {

constexpr std::size_t kNamedFindings = 3;
/// What a number must have to be called far from the others, whose root mean square is taken. A
/// flipped exponent bit multiplies by 2^128 (float32, bfloat16) or 2^16 (float16); the outliers
/// that training makes stay under a thousand times.
constexpr double kFarMagnitude = 16.0;
constexpr double kFarRatio = 4096.0;
/// Of fewer numbers nothing can be said; and a tensor most of whose numbers are large has no
/// outliers.
constexpr std::int64_t kFewNumbers = 64;

/// A vector may be zero, as biases and a table of one token type often are.
bool is_weight_matrix(const ParameterSpec& spec) {
  return std::count_if(spec.shape.begin(), spec.shape.end(), [](auto size) { return size > 1; }) >
         1;
}

/// "1.2e+30 beside 0.02"; empty when the largest number is not far from the others.
std::string describe_far(const TensorView& stored, double largest) {
  double squares = 0.0;
  std::int64_t usual = 0;
  std::int64_t far = 0;
  const std::vector<float> numbers = to_floats(stored);
  for (const float number : numbers) {
    const double magnitude = std::abs(number);
    if (magnitude >= kFarMagnitude) continue;
    squares += magnitude * magnitude;
    ++usual;
  }
  const double typical = std::sqrt(squares / static_cast<double>(std::max<std::int64_t>(usual, 1)));
  const double limit = std::max(kFarMagnitude, kFarRatio * typical);
  for (const float number : numbers) far += std::abs(number) >= limit ? 1 : 0;
  if (far == 0 || far * kFewNumbers > usual) return {};
  return fmt::format("{} of {} numbers lie far beyond the others, {:.3g} beside {:.3g}", far,
                     numbers.size(), largest, typical);
}

/// Training keeps the scale's logarithm from 0 to ln 100; one that was saved as it is multiplied
/// with is far above.
std::string describe_scale(const TensorView& stored) {
  constexpr float kLeast = -0.5F;
  constexpr float kMost = 7.0F;
  const float logarithm = to_floats(stored).front();
  if (logarithm >= kLeast && logarithm <= kMost) return {};
  return fmt::format("its exponential is {:.3g}, where training keeps to 1 to 100",
                     std::exp(logarithm));
}

}  // namespace

void WeightFindings::look(const ParameterSpec& spec, const TensorView& stored, double largest) {
  if (spec.name == "logit_scale" && stored.count() == 1) {
    std::string found = describe_scale(stored);
    if (!found.empty()) far_.emplace(spec.name, std::move(found));
    return;
  }
  if (largest == 0.0 && is_weight_matrix(spec)) {
    if (std::find(zero_.begin(), zero_.end(), spec.name) == zero_.end()) zero_.push_back(spec.name);
    return;
  }
  const bool may_be_far = largest >= kFarMagnitude && spec.trained;
  if (!may_be_far || stored.count() < kFewNumbers || far_.contains(spec.name)) return;
  std::string found = describe_far(stored, largest);
  if (!found.empty()) far_.emplace(spec.name, std::move(found));
}

std::vector<std::string> WeightFindings::notes() const {
  std::vector<std::string> notes;
  if (!zero_.empty()) {
    const auto named = std::min(zero_.size(), kNamedFindings);
    notes.push_back(fmt::format(
        "weights: matrices of zeros alone, which no training leaves: {}{}",
        fmt::join(zero_.begin(), zero_.begin() + static_cast<std::ptrdiff_t>(named), ", "),
        zero_.size() > named ? fmt::format(" and {} more", zero_.size() - named) : ""));
  }
  std::size_t named = 0;
  for (const auto& [name, found] : far_) {
    if (named++ == kNamedFindings) {
      notes.push_back(fmt::format("weights: numbers far beyond the others in {} more tensors",
                                  far_.size() - kNamedFindings));
      break;
    }
    notes.push_back(fmt::format("weights: {}: {}: is the file damaged?", name, found));
  }
  return notes;
}

}  // namespace diptych::network
