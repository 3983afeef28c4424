#pragma once

#include <vector>

#include "network/residual_block.h"

namespace diptych::network {

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

/// Under `text_decoder.`
MultimodalDecoder declare_multimodal_decoder(ParameterTable& table,
                                             const MultimodalDecoderConfig& config,
                                             int vocabulary_size);

}  // namespace diptych::network
