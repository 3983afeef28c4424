#pragma once

#include <vector>

#include "network/blocks/residual_block.h"
#include "network/towers/tower.h"

namespace diptych::network {

/// CoCa's decoder, which writes captions (arXiv 2205.01917). It reads what the text tower's blocks
/// and the image tower's learned queries give, so that it is as wide as they. Defaults are those of
/// coca_ViT-B-32.
struct MultimodalDecoderConfig {
  int width = 512;
  int heads = 8;
  int layers = 12;  ///< blocks over the caption; as many over the picture stand between them
  int mlp_width = 2048;
  Activation activation = Activation::gelu;
  float norm_epsilon = 1e-5F;

  template <typename Fields>
  void visit(Fields& fields) {
    visit_transformer(fields, *this);
  }

  bool operator==(const MultimodalDecoderConfig&) const = default;
};

/// A pre-norm block whose keys and values are another sequence's: x += attention(ln_1(x),
/// ln_1_kv(other)); x += mlp(ln_2(x)).
struct CrossAttentionBlock {
  ResidualBlock block;
  Norm norm_key_value;
};

/// CoCa's decoder (arXiv 2205.01917, section 3.2): over what the text tower's blocks make of a
/// caption, blocks under the causal mask, each followed by one that reads the picture.
struct MultimodalDecoder {
  MultimodalDecoderConfig config;
  std::vector<ResidualBlock> blocks;
  std::vector<CrossAttentionBlock> cross_attention;  ///< as many
  Norm norm_final;
  Linear vocabulary;  ///< gives the logits of all token ids
};

/// Declares it under `text_decoder.`
MultimodalDecoder declare_multimodal_decoder(ParameterTable& table,
                                             const MultimodalDecoderConfig& config,
                                             int vocabulary_size);

}  // namespace diptych::network
