#pragma once

#include "libtorch/operations.h"
#include "network/caption_training.h"

/// The towers over libtorch::Operations, instantiated once in towers.cpp.
namespace diptych::network {

extern template torch::Tensor image_features(libtorch::Operations&, const Model&, const Pixels&);
extern template torch::Tensor image_features(libtorch::Operations&, const Model&, const Pixels&,
                                             const PatchSelection&);
extern template torch::Tensor image_features(libtorch::Operations&, const Model&, const Pixels&,
                                             int);
extern template CaptionedPairs<torch::Tensor> captioned_pairs(libtorch::Operations&, const Model&,
                                                              const Pixels&, const PatchSelection&,
                                                              const Tokens&, const CaptionTargets&);
extern template torch::Tensor text_features(libtorch::Operations&, const Model&, const Tokens&);

}  // namespace diptych::network
