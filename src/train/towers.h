#pragma once

#include "network/caption_training.h"
#include "train/operations.h"

/// The towers over train::Operations, instantiated once in towers.cpp.
namespace diptych::network {

extern template torch::Tensor image_features(train::Operations&, const Model&, const Pixels&);
extern template torch::Tensor image_features(train::Operations&, const Model&, const Pixels&,
                                             const PatchSelection&);
extern template CaptionedPairs<torch::Tensor> captioned_pairs(train::Operations&, const Model&,
                                                              const Pixels&, const PatchSelection&,
                                                              const Tokens&, const CaptionTargets&);
extern template torch::Tensor text_features(train::Operations&, const Model&, const Tokens&);

}  // namespace diptych::network
