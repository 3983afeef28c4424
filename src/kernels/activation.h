#pragma once

#include "kernels/matrix.h"

namespace diptych::kernels {

enum class Activation {
  none,
  relu,
  quick_gelu,  ///< x sigmoid(1.702 x)
  gelu,        ///< x (1 + erf(x / sqrt(2))) / 2
  gelu_tanh,   ///< the approximation of gelu by tanh (arXiv 1606.08415)
  silu,        ///< x sigmoid(x)
  sigmoid,     ///< 1 / (1 + exp(-x))
};

/// Applies an activation to every element in place, on the calling thread. An element's result
/// depends on that element alone, to the bit.
void activate(Activation activation, MatrixView x);

}  // namespace diptych::kernels
