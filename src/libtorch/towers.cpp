#include "libtorch/towers.h"

namespace diptych::network {

template torch::Tensor image_features(libtorch::Operations&, const Model&, const Pixels&);
template torch::Tensor image_features(libtorch::Operations&, const Model&, const Pixels&,
                                      const PatchSelection&);
template torch::Tensor image_features(libtorch::Operations&, const Model&, const Pixels&, int);
template CaptionedPairs<torch::Tensor> captioned_pairs(libtorch::Operations&, const Model&,
                                                       const Pixels&, const PatchSelection&,
                                                       const Tokens&, const CaptionTargets&);
template torch::Tensor text_features(libtorch::Operations&, const Model&, const Tokens&);

}  // namespace diptych::network
