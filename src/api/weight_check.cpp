#include "api/weight_check.h"

#include <cmath>

#include "base/error.h"
#include "base/mapped_file.h"
#include "network/operations/weight_findings.h"
#include "tensor/finite.h"

namespace diptych::api {

std::vector<std::string> check_weights(const Model::Implementation& model) {
  network::WeightFindings findings;
  for (const network::ParameterSpec& spec : model.network.parameters.specs()) {
    const TensorView& view = model.file.weights.at(spec.name);
    const DenseTensor dense(view);
    const double largest = largest_magnitude(dense.bytes(), view.dtype);
    if (!std::isfinite(largest)) {
      fail(ErrorCode::corrupt_data,
           "checkpoint: {}: got NaN or infinity, expected finite numbers ({})", spec.name,
           model.info.name);
    }
    findings.look(spec, dense.view(), largest);
    MappedFile::release_pages(view.bytes);
  }
  return findings.notes();
}

}  // namespace diptych::api
