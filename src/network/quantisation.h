#pragma once

#include <map>
#include <string>
#include <vector>

namespace diptych::network {

/// Which of a model's weights are in eight bits; the layers of all others are computed in bf16.
struct Quantisation {
  /// For a weight's name what its layer's inputs are multiplied by, channel by channel, before they
  /// are rounded, and the weight divided by: so a few channels with large values do not cost all
  /// others their bits (SmoothQuant, Xiao et al. 2023, arXiv 2211.10438). Empty: nothing.
  std::map<std::string, std::vector<float>> layers;
};

}  // namespace diptych::network
