#pragma once

#include "train/operations.h"

/// The towers over train::Operations, instantiated once in towers.cpp.
namespace diptych::network {

extern template torch::Tensor image_features(train::Operations&, const Model&, const Pixels&);
extern template torch::Tensor image_features(train::Operations&, const Model&, const Pixels&,
                                             const PatchSelection&);
extern template torch::Tensor text_features(train::Operations&, const Model&, const Tokens&);

}  // namespace diptych::network
