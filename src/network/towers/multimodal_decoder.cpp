#include "network/towers/multimodal_decoder.h"

#include <cmath>

namespace diptych::network {

MultimodalDecoder declare_multimodal_decoder(ParameterTable& table,
                                             const MultimodalDecoderConfig& config,
                                             int vocabulary_size) {
  const std::string name = "text_decoder";
  const std::string cross = name + ".cross_attn";
  const ResidualBlocksConfig blocks = residual_blocks_config(config);
  MultimodalDecoder decoder{.config = config};
  decoder.blocks = declare_residual_blocks(table, name + ".resblocks", blocks);
  for (const ResidualBlock& block : declare_residual_blocks(table, cross, blocks)) {
    const std::string number = std::to_string(decoder.cross_attention.size());
    decoder.cross_attention.push_back({block, declare_norm(table, cross + "." + number + ".ln_1_kv",
                                                           config.width, config.norm_epsilon)});
  }
  decoder.norm_final = declare_norm(table, name + ".ln_final", config.width, config.norm_epsilon);
  decoder.vocabulary =
      declare_projection(table, name + ".text_projection", config.width, vocabulary_size,
                         1.0F / std::sqrt(static_cast<float>(config.width)));
  return decoder;
}

}  // namespace diptych::network
