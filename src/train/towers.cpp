#include "train/towers.h"

namespace diptych::network {

template torch::Tensor image_features(train::Operations&, const Model&, const Pixels&);
template torch::Tensor image_features(train::Operations&, const Model&, const Pixels&,
                                      const PatchSelection&);
template CaptionedPairs<torch::Tensor> captioned_pairs(train::Operations&, const Model&,
                                                       const Pixels&, const PatchSelection&,
                                                       const Tokens&, const CaptionTargets&);
template torch::Tensor text_features(train::Operations&, const Model&, const Tokens&);

}  // namespace diptych::network
