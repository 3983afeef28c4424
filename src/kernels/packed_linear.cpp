#include "kernels/packed_linear.h"

#include <algorithm>

namespace diptych::kernels {

PackedLinear::PackedLinear(int inputs, int outputs)
    : inputs_(inputs),
      outputs_(outputs),
      weights_(static_cast<std::size_t>(padded_width(outputs)) * static_cast<std::size_t>(inputs)),
      bias_(static_cast<std::size_t>(padded_width(outputs))) {
  std::fill_n(bias_.data(), bias_.size(), 0.0F);
}

void PackedLinear::set_panel(int panel, const float* weights) {
  // A few rows at a time: their cache lines must stay in the first-level cache, where rows whose
  // length is a power of two compete for the same places.
  constexpr int kRowsAtOnce = 4;
  static_assert(kPanelWidth % kRowsAtOnce == 0);
  float* out = weights_.data() + panel_offset(panel, inputs_);
  const int rows = std::min(kPanelWidth, outputs_ - panel * kPanelWidth);
  for (int first = 0; first < kPanelWidth; first += kRowsAtOnce) {
    for (int input = 0; input < inputs_; ++input) {
      for (int i = first; i < first + kRowsAtOnce; ++i) {
        out[input * kPanelWidth + i] =
            i < rows ? weights[static_cast<std::size_t>(i) * inputs_ + input] : 0.0F;
      }
    }
  }
}

}  // namespace diptych::kernels
