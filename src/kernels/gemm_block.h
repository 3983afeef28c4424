#pragma once

#include "kernels/activation.h"
#include "kernels/matrix.h"
#include "kernels/operand.h"
#include "kernels/packed_linear.h"
#include "kernels/unit.h"

namespace diptych::kernels {

/// The part of a product that one thread computes: some rows of some panels.
struct GemmBlock {
  ConstMatrixView x;
  const PackedLinear* layer;
  Activation activation;
  const ConstMatrixView* residual;
  MatrixView out;
  int first_row;
  int last_row;
  int first_panel;
  int last_panel;

  int rows() const { return last_row - first_row; }
};

/// Computes a block on a unit for bf16 or int8 from the rows of x as that unit's operand.
void multiply_reduced_block(const GemmBlock& block, const Operand& operand, Unit unit);

}  // namespace diptych::kernels
