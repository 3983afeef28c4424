#pragma once

#include "kernels/aligned_buffer.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// The weights [outputs, inputs] and bias of y = x W^T + b in the order `gemm` reads them: panels
/// of kPanelWidth outputs, each [inputs, kPanelWidth], the last one filled up with zeros. The
/// layout does not depend on the instruction set.
class PackedLinear {
 public:
  PackedLinear() = default;
  /// Weights not set; bias zero.
  PackedLinear(int inputs, int outputs);

  int inputs() const { return inputs_; }
  int outputs() const { return outputs_; }
  int panels() const { return panels_for(outputs_); }

  /// Sets a panel from its rows of W: output panel * kPanelWidth + i is at weights + i * inputs. As
  /// many rows as the panel has outputs. Different panels may be set from different threads.
  void set_panel(int panel, const float* weights);

  /// [inputs, kPanelWidth].
  const float* panel(int panel) const { return weights_.data() + panel_offset(panel, inputs_); }
  /// padded_width(outputs) values.
  float* bias() { return bias_.data(); }
  const float* bias() const { return bias_.data(); }

 private:
  int inputs_ = 0;
  int outputs_ = 0;
  AlignedBuffer weights_;
  AlignedBuffer bias_;
};

}  // namespace diptych::kernels
