#pragma once

#include <map>
#include <vector>

#include "base/parallel.h"
#include "engine/operations.h"
#include "network/model.h"
#include "network/quantisation.h"

namespace diptych::engine {

/// What a model's layers multiplied as it encoded some inputs: the largest magnitude of every input
/// channel, and some of the rows. For one thread at a time.
class LayerInputs : public LayerObserver {
 public:
  struct Layer {
    network::ParameterId weight = network::kAbsent;
    int inputs = 0;
    std::vector<float> rows;     ///< [some, inputs]
    std::vector<float> largest;  ///< [inputs], of all rows

    int row_count() const { return static_cast<int>(rows.size()) / inputs; }
  };

  void multiplies(network::ParameterId weight, const kernels::PackedLinear& layer,
                  kernels::ConstMatrixView rows) override;

  /// Returns them by the weights that the model was packed in, which must outlive what reads them.
  const std::map<const kernels::PackedLinear*, Layer>& layers() const { return layers_; }

 private:
  std::map<const kernels::PackedLinear*, Layer> layers_;
};

struct CalibrationOptions {
  /// A layer whose product is further than this from the exact one, as the norm of the difference
  /// over the norm of the product, stays in bf16. Default: 0.03, which lies above what a layer of
  /// numbers without outliers loses (about 0.01) and below where a tower's cosine suffers.
  double largest_error = 0.03;
};

/// What calibration found.
struct Calibrated {
  network::Quantisation quantisation;
  int smoothed = 0;   ///< of its weights, those whose inputs are multiplied by something
  int left_wide = 0;  ///< weights of layers that lose too much
  int unseen = 0;     ///< weights of layers that nothing ran through; they stay wide too
};

/// Decides for every weight from the inputs that its layers were seen with, packed in fp32: how its
/// inputs are smoothed, by the power of their magnitudes that comes closest to the exact product,
/// and whether the weight is rounded at all. CLIP's projections (stored [inputs, outputs]), which
/// cost next to nothing and touch the embedding itself, are not. Rounding is imitated in float32,
/// so that the answer does not depend on the processor's units.
Calibrated calibrate(const network::Model& model, const LayerInputs& inputs, ThreadPool& pool,
                     const CalibrationOptions& options = {});

}  // namespace diptych::engine
