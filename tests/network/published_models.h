#pragma once

#include "network/config.h"

namespace diptych::test {

/// Configs as published (OpenAI's models; the ones that open_clip calls by the same names).
inline network::ModelConfig vit_b_32() {
  return {.embedding_width = 512,
          .image = network::VisionTransformerConfig{},
          .text = network::TextTransformerConfig{}};
}

inline network::ModelConfig vit_l_14() {
  return {.embedding_width = 768,
          .image =
              network::VisionTransformerConfig{
                  .patch_size = 14, .width = 1024, .layers = 24, .heads = 16, .mlp_width = 4096},
          .text = network::TextTransformerConfig{.width = 768, .heads = 12, .mlp_width = 3072}};
}

/// ViT-B-16-SigLIP, 224 pixels.
inline network::ModelConfig siglip_b_16() {
  return {.embedding_width = 768,
          .image = network::VisionTransformerConfig{.patch_size = 16,
                                                    .norm_epsilon = 1e-6F,
                                                    .class_token = false,
                                                    .norm_pre = false,
                                                    .patch_bias = true,
                                                    .pooling = network::ImagePooling::map,
                                                    .projection = network::Projection::none},
          .text = network::TextTransformerConfig{.context_length = 64,
                                                 .vocabulary_size = 32000,
                                                 .width = 768,
                                                 .heads = 12,
                                                 .mlp_width = 3072,
                                                 .norm_epsilon = 1e-6F,
                                                 .causal = false,
                                                 .pooling = network::TextPooling::last,
                                                 .projection = network::Projection::linear},
          .logit_bias = true};
}

inline network::ModelConfig rn50() {
  return {.embedding_width = 1024,
          .image = network::ModifiedResNetConfig{},
          .text = network::TextTransformerConfig{}};
}

inline network::ModelConfig rn50x4() {
  return {.embedding_width = 640,
          .image =
              network::ModifiedResNetConfig{
                  .image_size = 288, .width = 80, .layers = {4, 6, 10, 6}, .heads = 40},
          .text = network::TextTransformerConfig{.width = 640, .heads = 10, .mlp_width = 2560}};
}

/// convnext_base_w, 256 pixels.
inline network::ModelConfig convnext_base_w() {
  return {.embedding_width = 640,
          .image =
              network::ConvNextConfig{
                  .image_size = 256, .layers = {3, 3, 27, 3}, .widths = {128, 256, 512, 1024}},
          .text = network::TextTransformerConfig{.width = 640, .heads = 10, .mlp_width = 2560}};
}

/// The contrastive part of coca_ViT-B-32.
inline network::ModelConfig coca_b_32() {
  network::ModelConfig config = vit_b_32();
  std::get<network::VisionTransformerConfig>(config.image).pooling = network::ImagePooling::queries;
  auto& text = std::get<network::TextTransformerConfig>(config.text);
  text.context_length = 76;
  text.pooling = network::TextPooling::class_token;
  return config;
}

/// The same with its decoder.
inline network::ModelConfig coca_b_32_with_decoder() {
  network::ModelConfig config = coca_b_32();
  config.decoder = network::MultimodalDecoderConfig{};
  return config;
}

inline network::TextTransformerConfig text_tower(int width, int layers, int heads) {
  return {.width = width, .heads = heads, .layers = layers, .mlp_width = 4 * width};
}

inline network::ModelConfig eva01_g_14() {
  return {.embedding_width = 1024,
          .image = network::EvaTransformerConfig{},
          .text = text_tower(768, 12, 12)};
}

inline network::ModelConfig eva02_l_14() {
  return {.embedding_width = 768,
          .image = network::EvaTransformerConfig{.width = 1024,
                                                 .layers = 24,
                                                 .heads = 16,
                                                 .mlp_width = 2730,
                                                 .activation = network::Activation::silu,
                                                 .gated_mlp = true,
                                                 .inner_norms = true,
                                                 .rotary_grid = 16},
          .text = text_tower(768, 12, 12)};
}

inline network::ModelConfig eva02_e_14_plus() {
  return {.embedding_width = 1024,
          .image =
              network::EvaTransformerConfig{
                  .width = 1792, .layers = 64, .heads = 16, .mlp_width = 15360, .post_norm = true},
          .text = text_tower(1280, 32, 20)};
}

inline network::ModelConfig eva_18b() {
  return {.embedding_width = 1536,
          .image = network::EvaTransformerConfig{.width = 5120,
                                                 .layers = 48,
                                                 .heads = 40,
                                                 .mlp_width = 25600,
                                                 .norm = network::NormKind::rms,
                                                 .post_norm = true,
                                                 .query_value_bias = false,
                                                 .projection = network::Projection::matrix},
          .text = text_tower(1280, 32, 20)};
}

/// PE-Core-B-16.
inline network::ModelConfig pe_core_b_16() {
  return {.embedding_width = 1024,
          .image = network::EvaTransformerConfig{.patch_size = 16,
                                                 .width = 768,
                                                 .layers = 12,
                                                 .heads = 12,
                                                 .mlp_width = 3072,
                                                 .norm_epsilon = 1e-5F,
                                                 .key_bias = true,
                                                 .rotary_grid = 14,
                                                 .rotary_origin = 1,
                                                 .rotary_columns_first = true,
                                                 .norm_pre = true,
                                                 .pooling = network::ImagePooling::map},
          .text = network::TextTransformerConfig{
              .context_length = 32, .width = 1024, .heads = 16, .layers = 24, .mlp_width = 4096}};
}

/// ViTamin-L, 224 pixels.
inline network::ModelConfig vitamin_l() {
  return {
      .embedding_width = 768, .image = network::ViTaminConfig{}, .text = text_tower(768, 12, 12)};
}

/// ViT-B-16-SigLIP2-naflex.
inline network::ModelConfig siglip2_naflex_b_16() {
  network::ModelConfig config = siglip_b_16();
  config.image = network::NaflexTransformerConfig{};
  auto& text = std::get<network::TextTransformerConfig>(config.text);
  text.vocabulary_size = 256000;
  text.activation = network::Activation::gelu_tanh;
  return config;
}

/// MobileCLIP2-S0.
inline network::ModelConfig mobileclip2_s0() {
  auto text = text_tower(512, 12, 8);
  text.causal = false;
  return {.embedding_width = 512, .image = network::FastVitConfig{}, .text = text};
}

/// Chinese-CLIP's ViT-B-16 with RoBERTa-wwm-ext-base-chinese.
inline network::ModelConfig chinese_vit_b_16() {
  return {.embedding_width = 512,
          .image = network::VisionTransformerConfig{.patch_size = 16,
                                                    .activation = network::Activation::quick_gelu},
          .text = network::BertConfig{}};
}

/// open_clip's xlm-roberta-base-ViT-B-32.
inline network::ModelConfig xlm_roberta_vit_b_32() {
  return {.embedding_width = 512,
          .image = network::VisionTransformerConfig{},
          .text = network::BertConfig{.context_length = 77,
                                      .vocabulary_size = 250002,
                                      .norm_epsilon = 1e-5F,
                                      .positions = 514,
                                      .first_position = 2,
                                      .token_types = 1,
                                      .pad_id = 1,
                                      .pooling = network::BertPooling::mean,
                                      .projection_width = 640}};
}

}  // namespace diptych::test
