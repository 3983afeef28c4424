#pragma once

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace diptych::test {

/// Every tolerance the tests use, in one place.
/// Features against the reference's, fp32: L2 of the difference over L2 of the reference, a row.
constexpr double kFeatureTolerance = 1e-5;
/// The golden training run: each loss (absolute), the first gradients and the last weights (L2,
/// relative).
constexpr double kLossTolerance = 1e-4;
/// A loss in training and from the embeddings that are served, relative: the same float32 products
/// in another order. Under 1e-6 (SigLIP's and CoCa's among them) but for eva_18b_rmsnorm_postnorm,
/// whose features of real pictures leave 2.0e-6.
constexpr double kServedLossTolerance = 4e-6;
constexpr double kGradientTolerance = 1e-4;
/// What rounding may leave of a gradient, beside that of the whole model (L2).
constexpr double kGradientNoise = 0x1.0p-22;
constexpr double kTrainedWeightTolerance = 1e-3;
/// A loss under bfloat16 autocast beside float32's: bfloat16 keeps 8 bits.
constexpr double kBfloat16LossTolerance = 0.05;

/// Rounding of one float32 accumulation over `terms` products whose magnitudes sum to `magnitude`.
inline double accumulation_tolerance(std::size_t terms, double magnitude) {
  constexpr double kEpsilon = 0x1.0p-24;
  return 4.0 * kEpsilon * std::sqrt(static_cast<double>(terms) + 1.0) * (magnitude + 1e-30);
}

/// L2 norm of (got - expected) over the L2 norm of expected.
inline double relative_error(std::span<const float> got, std::span<const float> expected) {
  double difference = 0.0;
  double norm = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double delta = static_cast<double>(got[i]) - expected[i];
    difference += delta * delta;
    norm += static_cast<double>(expected[i]) * expected[i];
  }
  return std::sqrt(difference) / (std::sqrt(norm) + 1e-30);
}

/// A file under tests/data.
std::filesystem::path data_path(const std::string& name);

/// The folders under tests/data that have a file of this name, sorted: with io.safetensors they are
/// the fixtures, checkpoints and what their reference programs compute from them
/// (tests/data/fixture.py).
std::vector<std::string> data_folders_with(const std::string& file);

/// A fresh folder, removed with everything in it at the end of its scope.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "diptych_test_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace diptych::test
