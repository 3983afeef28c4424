#include "checkpoint/configs/timm_eva.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::EvaTransformerConfig;
using test::expect_error;

EvaTransformerConfig read_eva(const std::string& name, int image_size,
                              const Json& changes = nullptr, const Json& pool = "token") {
  const Json json = {
      {"timm_model_name", name}, {"timm_pool", pool}, {"timm_model_kwargs", changes}};
  ConfigFields fields(json, "vision_cfg", "test.json");
  const EvaTransformerConfig config = read_timm_eva(fields, image_size);
  fields.refuse_rest();
  return config;
}

TEST(TimmEva, KnowsTheTowersThatOpenClipNames) {
  EXPECT_EQ(read_eva("eva_giant_patch14_224", 224), EvaTransformerConfig{});
  EXPECT_EQ(read_eva("eva02_large_patch14_clip_336", 336),
            (EvaTransformerConfig{.image_size = 336,
                                  .width = 1024,
                                  .layers = 24,
                                  .heads = 16,
                                  .mlp_width = 2730,
                                  .activation = Activation::silu,
                                  .gated_mlp = true,
                                  .inner_norms = true,
                                  .rotary_grid = 16}));
  const EvaTransformerConfig base = read_eva("eva02_base_patch16_clip_224", 224);
  EXPECT_EQ(base.mlp_width, 2048);
  EXPECT_EQ(base.heads, 12);
  EXPECT_TRUE(read_eva("eva02_enormous_patch14_clip_224", 224).post_norm);
}

TEST(TimmEva, KnowsPeCoresTowers) {
  const auto base = read_eva("vit_pe_core_base_patch16_224", 224, nullptr, "map");
  EXPECT_EQ(base, (EvaTransformerConfig{.patch_size = 16,
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
                                        .pooling = network::ImagePooling::map}));
  EXPECT_EQ(read_eva("vit_pe_core_large_patch14_336", 336, nullptr, "map").rotary_grid, 24);
  EXPECT_EQ(read_eva("vit_pe_core_tiny_patch16_384", 384, nullptr, "map").heads, 3);
  EXPECT_EQ(read_eva("vit_pe_core_small_patch16_384", 384, nullptr, "map").width, 384);
  const auto gigantic = read_eva("vit_pe_core_gigantic_patch14_448", 448, nullptr, "map");
  EXPECT_FALSE(gigantic.class_token);
  EXPECT_EQ(gigantic.rotary_origin, 0);
  EXPECT_EQ(gigantic.mlp_width, 8960);
}

TEST(TimmEva, RefusesWhatItDoesNotKnow) {
  const auto refuse = [](const std::string& name, const Json& changes, const Json& pool,
                         const std::string& field) {
    expect_error([&] { read_eva(name, 224, changes, pool); }, ErrorCode::unsupported, field);
  };
  const std::string known = "eva_giant_patch14_224";
  refuse("eva02_small_patch14_224", nullptr, "token", "timm_model_name");
  refuse(known, nullptr, "avg", "timm_pool");
  refuse("vit_pe_core_base_patch16_224", nullptr, "token", "timm_pool");
  refuse(known, {{"rope_type", "dinov3"}}, "token", "timm_model_kwargs.rope_type");
  refuse(known, {{"swiglu_mlp", true}}, "token", "swiglu_mlp");
  refuse(known, {{"scale_mlp", true}, {"scale_attn_inner", false}}, "token", "scale_attn_inner");
  refuse(known, {{"use_rot_pos_emb", true}, {"ref_feat_shape", {16, 8}}}, "token",
         "ref_feat_shape");
}

TEST(TimmEva, ReadsWhatItWrites) {
  const auto round_trip = [](const EvaTransformerConfig& config) {
    const Json json = write_timm_eva(config);
    ConfigFields fields(json, "", "");
    return read_timm_eva(fields, config.image_size);
  };
  EvaTransformerConfig config = read_eva("eva02_base_patch16_clip_224", 224);
  EXPECT_EQ(write_timm_eva(config)["timm_model_name"], "eva02_base_patch16_clip_224");
  EXPECT_EQ(round_trip(config), config);
  config.layers = 3;
  config.layer_scale = true;
  EXPECT_EQ(round_trip(config), config);
  EvaTransformerConfig pe_core = read_eva("vit_pe_core_gigantic_patch14_448", 448, nullptr, "map");
  EXPECT_EQ(write_timm_eva(pe_core)["timm_model_name"], "vit_pe_core_gigantic_patch14_448");
  pe_core.pool_heads = 4;
  EXPECT_EQ(round_trip(pe_core), pe_core);
  config.query_value_bias = false;
  expect_error([&] { write_timm_eva(config); }, ErrorCode::unsupported, "image tower");
}

}  // namespace
}  // namespace diptych::checkpoint
