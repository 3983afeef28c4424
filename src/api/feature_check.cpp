#include "api/feature_check.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/error.h"

namespace diptych::api {
namespace {

/// Differences up to this, in deviations of the training pictures, may vanish in eight bits.
constexpr float kPlainDifference = 0.25F;

std::span<const float> row_of(std::span<const float> values, std::size_t row, std::size_t width) {
  return values.subspan(row * width, width);
}

bool all_rows_equal(const TensorBuffer& features) {
  const auto rows = static_cast<std::size_t>(features.shape()[0]);
  const auto width = static_cast<std::size_t>(features.shape()[1]);
  const auto first = row_of(features.floats(), 0, width);
  for (std::size_t row = 1; row < rows; ++row) {
    if (!std::ranges::equal(first, row_of(features.floats(), row, width))) return false;
  }
  return true;
}

bool plainly_different(std::span<const float> a, std::span<const float> b) {
  float sum = 0.0F;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum > kPlainDifference * static_cast<float>(a.size());
}

[[noreturn]] void refuse_equal(std::string_view inputs, std::string_view tower,
                               const std::string& model) {
  fail(ErrorCode::corrupt_data,
       "features: got the same numbers for {} that differ, expected numbers that depend on them: "
       "the {} tower is broken, as one whose weights are zero is ({})",
       inputs, tower, model);
}

}  // namespace

void check_features(const TensorBuffer& features, const std::string& model) {
  const auto is_finite = [](float value) { return std::isfinite(value); };
  if (!std::ranges::all_of(features.floats(), is_finite)) {
    fail(ErrorCode::corrupt_data,
         "features: got NaN or infinity, expected numbers: the model is broken ({})", model);
  }
  const auto width = static_cast<std::size_t>(features.shape()[1]);
  for (std::size_t row = 0; row < static_cast<std::size_t>(features.shape()[0]); ++row) {
    const auto values = row_of(features.floats(), row, width);
    if (std::ranges::any_of(values, [](float value) { return value != 0.0F; })) continue;
    fail(ErrorCode::corrupt_data,
         "features: got zeros alone, expected numbers: the model is broken, as one whose weights "
         "are zero is ({})",
         model);
  }
}

void check_told_apart(const TensorBuffer& features, const network::Pixels& pixels,
                      const std::string& model) {
  if (pixels.batch < 2 || !pixels.sizes.empty() || !all_rows_equal(features)) return;
  const std::span<const float> values(
      pixels.data, static_cast<std::size_t>(pixels.batch) * pixels.values_each());
  const auto first = row_of(values, 0, pixels.values_each());
  for (std::size_t i = 1; i < static_cast<std::size_t>(pixels.batch); ++i) {
    if (plainly_different(first, row_of(values, i, pixels.values_each())))
      refuse_equal("pictures", "image", model);
  }
}

void check_told_apart(const TensorBuffer& features, const network::Tokens& tokens,
                      const std::string& model) {
  if (tokens.sequences.count() < 2 || !all_rows_equal(features)) return;
  const auto ids_of = [&tokens](int text) {
    return std::span(tokens.ids)
        .subspan(static_cast<std::size_t>(tokens.sequences.begin(text)),
                 static_cast<std::size_t>(tokens.sequences.length(text)));
  };
  for (int text = 1; text < tokens.sequences.count(); ++text) {
    if (!std::ranges::equal(ids_of(0), ids_of(text))) refuse_equal("texts", "text", model);
  }
}

}  // namespace diptych::api
