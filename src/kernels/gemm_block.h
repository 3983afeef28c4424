#pragma once

#include "kernels/activation.h"
#include "kernels/matrix.h"
#include "kernels/operand.h"
#include "kernels/packed_linear.h"
#include "kernels/unit.h"

namespace diptych::kernels {

/// The part of a product that one thread computes: some rows of some panels.
struct GemmBlock {
  ConstMatrixView x;  ///< what is multiplied in float32
  const PackedLinear* layer = nullptr;
  Activation activation = Activation::none;
  const ConstMatrixView* residual = nullptr;
  MatrixView out;
  Bf16MatrixView rounded;  ///< gets the results instead of `out`, unless its data is null
  int first_row = 0;
  int last_row = 0;
  int first_panel = 0;
  int last_panel = 0;

  int rows() const { return last_row - first_row; }
};

/// Computes a block on a unit for bf16 or int8 from the rows of x as that unit's operand.
void multiply_reduced_block(const GemmBlock& block, const Operand& operand, Unit unit);

}  // namespace diptych::kernels
