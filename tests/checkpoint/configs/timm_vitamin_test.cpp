#include "checkpoint/configs/timm_vitamin.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using network::ViTaminConfig;
using test::expect_error;

ViTaminConfig read_vitamin(const Json& json) {
  ConfigFields fields(json, "vision_cfg", "test.json");
  return read_timm_vitamin(fields);
}

ViTaminConfig vitamin_named(const std::string& name) {
  return read_vitamin({{"timm_model_name", name}, {"timm_pool", ""}, {"timm_proj", "linear"}});
}

TEST(TimmViTamin, KnowsTheTowersThatOpenClipNames) {
  EXPECT_EQ(vitamin_named("vitamin_large_224"), ViTaminConfig{});
  EXPECT_EQ(vitamin_named("vitamin_large2_336"), ViTaminConfig{.image_size = 336});
  EXPECT_EQ(vitamin_named("vitamin_small_224"), (ViTaminConfig{.convolution_widths = {64, 128},
                                                               .width = 384,
                                                               .layers = 14,
                                                               .heads = 6,
                                                               .mlp_width = 768}));
  const ViTaminConfig largest = vitamin_named("vitamin_xlarge_384");
  EXPECT_EQ(largest.width, 1152);
  EXPECT_FALSE(largest.positions);
}

TEST(TimmViTamin, RefusesWhatItDoesNotKnow) {
  const auto refuse = [](const char* field, const Json& value, ErrorCode code,
                         const std::string& named) {
    Json json = {{"timm_model_name", "vitamin_base_224"}, {"timm_proj", "linear"}};
    json[field] = value;
    expect_error([&] { read_vitamin(json); }, code, named);
  };
  refuse("timm_model_name", "vitamin_tiny_224", ErrorCode::unsupported, "timm_model_name");
  refuse("timm_pool", "token", ErrorCode::unsupported, "timm_pool");
  refuse("timm_proj", "mlp", ErrorCode::unsupported, "timm_proj");
  refuse("timm_proj_bias", true, ErrorCode::unsupported, "timm_proj_bias");
  refuse("timm_model_kwargs", {{"pos_embed", "learned"}}, ErrorCode::unsupported, "pos_embed");
  refuse("timm_model_kwargs", {{"class_token", true}}, ErrorCode::unsupported, "class_token");
  refuse("timm_model_kwargs", {{"conv_dims", {8}}}, ErrorCode::corrupt_data, "conv_dims");
}

TEST(TimmViTamin, ReadsWhatItWrites) {
  ViTaminConfig config = vitamin_named("vitamin_base_224");
  EXPECT_EQ(write_timm_vitamin(config)["timm_model_name"], "vitamin_base_224");
  EXPECT_EQ(read_vitamin(write_timm_vitamin(config)), config);
  config.convolution_layers = {1, 3};
  config.positions = false;
  EXPECT_EQ(read_vitamin(write_timm_vitamin(config)), config);
}

}  // namespace
}  // namespace diptych::checkpoint
