#pragma once

#include <cstdint>

#include "kernels/aligned_buffer.h"
#include "kernels/element.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// The weights [outputs, inputs] and bias of y = x W^T + b in the order `gemm` reads them: panels
/// of kPanelWidth outputs, each [words, kPanelWidth] where a word holds neighbouring inputs of one
/// output, filled up with zeros. The layout does not depend on the instruction set.
class PackedLinear {
 public:
  PackedLinear() = default;
  /// Weights not set; bias zero.
  PackedLinear(int inputs, int outputs, Format format = {});
  /// Weights in fp32 that lie in this order elsewhere, at a multiple of 64 bytes, as long as this
  /// is used; bias zero.
  PackedLinear(int inputs, int outputs, const std::uint32_t* panels);

  int inputs() const { return inputs_; }
  int outputs() const { return outputs_; }
  Format format() const { return format_; }
  int panels() const { return panels_for(outputs_); }
  /// Returns the words of one output.
  int words() const { return words_for(inputs_, format_.stored); }

  /// Sets a panel from its rows of W: output panel * kPanelWidth + i is at weights + i * inputs. As
  /// many rows as the panel has outputs. They are rounded to the nearest that the format has; int8
  /// gets a scale for each output. Different panels may be set from different threads.
  void set_panel(int panel, const float* weights);

  /// Returns [words, kPanelWidth].
  const std::uint32_t* panel(int panel) const {
    const std::uint32_t* first = elsewhere_ != nullptr ? elsewhere_ : weights_.words();
    return first + panel_offset(panel, words());
  }
  /// Returns padded_width(outputs) values.
  float* bias() { return bias_.data(); }
  const float* bias() const { return bias_.data(); }
  /// Returns, of weights stored as int8, what each output's whole numbers are multiplied by; else
  /// null. padded_width(outputs) values.
  const float* scales() const { return scales_.data(); }
  /// Returns, of weights stored as int8, the sum of each output's whole numbers; else null.
  const std::int32_t* sums() const { return reinterpret_cast<const std::int32_t*>(sums_.words()); }

 private:
  int inputs_ = 0;
  int outputs_ = 0;
  Format format_;
  const std::uint32_t* elsewhere_ = nullptr;  ///< or the weights are here
  AlignedBuffer weights_;
  AlignedBuffer bias_;
  AlignedBuffer scales_;
  AlignedBuffer sums_;
};

}  // namespace diptych::kernels
