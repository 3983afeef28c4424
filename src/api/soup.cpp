#include "diptych/soup.h"

#include <fmt/ranges.h>

#include <cmath>
#include <numeric>
#include <utility>

#include "api/model_implementation.h"
#include "base/error.h"
#include "checkpoint/configs/diptych_json.h"
#include "checkpoint/source/averaged_statistics.h"

namespace diptych {
namespace {

using checkpoint::ModelFile;

/// The shares, of the sum one.
std::vector<double> normalised(std::span<const double> shares, std::size_t models) {
  if (models < 2)
    fail(ErrorCode::invalid_argument, "soup: got {} model{}, expected two or more", models,
         models == 1 ? "" : "s");
  if (shares.empty()) return std::vector<double>(models, 1.0 / static_cast<double>(models));
  if (shares.size() != models) {
    fail(ErrorCode::invalid_argument, "soup: shares: got {}, expected one for each of {} models",
         shares.size(), models);
  }
  for (const double share : shares) {
    if (!std::isfinite(share) || share < 0)
      fail(ErrorCode::invalid_argument, "soup: shares: got {}, expected 0 or more", share);
  }
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  if (!(sum > 0) || !std::isfinite(sum))
    fail(ErrorCode::invalid_argument, "soup: shares: got {}, expected a sum above 0 that is finite",
         sum);
  std::vector<double> result(shares.begin(), shares.end());
  for (double& share : result) share /= sum;
  return result;
}

/// What two models must have in common: all that diptych.json says but where a model came from.
Json described(const ModelFile& file) {
  ModelFile bare = file;
  bare.provenance = {};
  bare.references.reset();
  bare.fits_from.reset();
  bare.assumptions.clear();
  bare.resized_positions.clear();
  return checkpoint::write_diptych_json(bare);
}

void refuse_other(const Model& first, const Model& other) {
  const ModelFile& a = first.implementation().file;
  const ModelFile& b = other.implementation().file;
  const Json expected = described(a);
  const Json got = described(b);
  const Json difference = Json::diff(expected, got);
  if (!difference.empty()) {
    const auto path = Json::json_pointer(difference[0].at("path").get<std::string>());
    fail(ErrorCode::invalid_argument, "soup: {}: got {}, expected {} as in {} ({})",
         path.to_string(), got.contains(path) ? got[path].dump() : "nothing",
         expected.contains(path) ? expected[path].dump() : "nothing", first.info().name,
         other.info().name);
  }
  if (a.tokenizer.vocabulary != b.tokenizer.vocabulary) {
    fail(ErrorCode::invalid_argument,
         "soup: tokenizer: got another vocabulary than that of {} ({})", first.info().name,
         other.info().name);
  }
}

/// A tensor that is averaged whenever it is read, in double precision.
TensorView average(std::vector<TensorView> parts, std::vector<double> shares) {
  const Shape shape = parts.front().shape;
  const auto compute = [parts = std::move(parts),
                        shares = std::move(shares)](std::span<std::byte> out) {
    std::vector<double> sums(static_cast<std::size_t>(parts.front().count()));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::vector<float> values = to_floats(parts[i]);
      for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += shares[i] * double{values[j]};
    }
    for (std::size_t j = 0; j < sums.size(); ++j) {
      const auto value = static_cast<float>(sums[j]);
      std::memcpy(out.data() + j * sizeof(float), &value, sizeof(float));
    }
  };
  return computed_tensor(DType::float32, shape, compute);
}

std::vector<std::string> names_of(std::span<const Model> models) {
  std::vector<std::string> names;
  for (const Model& model : models) names.push_back(model.info().name);
  return names;
}

ModelFile average_files(std::span<const Model> models, const std::vector<double>& shares) {
  ModelFile result = models.front().implementation().file;
  result.references.reset();
  result.fits_from.reset();
  result.provenance.dtype = "float32";
  result.provenance.source = fmt::format("average of {}", fmt::join(names_of(models), ", "));
  bool has_statistics = false;
  for (auto& [name, view] : result.weights.tensors) {
    has_statistics = has_statistics || name.ends_with("running_var");
    std::vector<TensorView> parts;
    for (const Model& model : models) parts.push_back(model.implementation().file.weights.at(name));
    view = average(std::move(parts), shares);
  }
  for (const Model& model : models.subspan(1)) {
    const auto& storage = model.implementation().file.weights.storage;
    result.weights.storage.insert(result.weights.storage.end(), storage.begin(), storage.end());
  }
  if (has_statistics) result.assumptions.emplace_back(checkpoint::kAveragedStatistics);
  return result;
}

/// Whether numbers are equal as they are, or once one of the two is rounded, which the other is.
bool are_copies(const TensorView& first, const TensorView& second) {
  if (first.shape != second.shape) return false;
  const std::vector<float> a = to_floats(first);
  const std::vector<float> b = to_floats(second);
  const auto is_half = [](float x, float y) { return half_to_float(float_to_half(x)) == y; };
  const auto is_bfloat16 = [](float x, float y) {
    return bfloat16_to_float(float_to_bfloat16(x)) == y;
  };
  return a == b || std::equal(a.begin(), a.end(), b.begin(), is_half) ||
         std::equal(b.begin(), b.end(), a.begin(), is_half) ||
         std::equal(a.begin(), a.end(), b.begin(), is_bfloat16) ||
         std::equal(b.begin(), b.end(), a.begin(), is_bfloat16);
}

}  // namespace

bool have_same_weights(const Model& first, const Model& second) {
  const auto& a = first.implementation().file.weights.tensors;
  const auto& b = second.implementation().file.weights.tensors;
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && are_copies(x.second, y.second);
  });
}

Model average_models(std::span<const Model> models, std::span<const double> shares) {
  const std::vector<double> all = normalised(shares, models.size());
  for (const Model& model : models.subspan(1)) refuse_other(models.front(), model);
  return Model::Implementation::make(models.front().info().name, average_files(models, all),
                                     names_of(models));
}

}  // namespace diptych
