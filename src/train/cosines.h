#pragma once

#include <torch/torch.h>

namespace diptych::train {

/// Returns the cosines of rows [n, width] with rows [m, width], [n, m], in float32 and with their
/// gradients.
inline torch::Tensor cosines(const torch::Tensor& images, const torch::Tensor& texts) {
  namespace functional = torch::nn::functional;
  const auto unit = [](const torch::Tensor& rows) {
    return functional::normalize(rows.to(torch::kFloat32),
                                 functional::NormalizeFuncOptions().dim(1));
  };
  return unit(images).matmul(unit(texts).t());
}

}  // namespace diptych::train
