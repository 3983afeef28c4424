#include "checkpoint/configs/timm_fastvit.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using network::FastVitConfig;
using test::expect_error;

FastVitConfig read_fastvit(const Json& json) {
  ConfigFields fields(json, "vision_cfg", "test.json");
  const FastVitConfig config = read_timm_fastvit(fields, 256);
  fields.refuse_rest();
  return config;
}

FastVitConfig fastvit_named(const std::string& name) {
  return read_fastvit({{"timm_model_name", name}, {"timm_pool", "avg"}, {"timm_proj", nullptr}});
}

TEST(TimmFastVit, KnowsTheTowersOfMobileClip) {
  EXPECT_EQ(fastvit_named("fastvit_mci0"), FastVitConfig{});
  EXPECT_EQ(fastvit_named("fastvit_mci1"), (FastVitConfig{.layers = {4, 12, 20, 4}}));
  EXPECT_EQ(fastvit_named("fastvit_mci2"),
            (FastVitConfig{.layers = {4, 12, 24, 4}, .widths = {80, 160, 320, 640}}));
  const FastVitConfig third = {.layers = {2, 12, 24, 4, 2},
                               .widths = {96, 192, 384, 768, 1536},
                               .mlp_ratio = 4,
                               .attention_stages = 2,
                               .attention_norm = true,
                               .excited_stages = 0};
  EXPECT_EQ(fastvit_named("fastvit_mci3"), third);
  FastVitConfig fourth = third;
  fourth.layers.back() = 4;
  fourth.widths = {128, 256, 512, 1024, 2048};
  EXPECT_EQ(fastvit_named("fastvit_mci4"), fourth);
}

TEST(TimmFastVit, RefusesWhatItDoesNotKnow) {
  const auto refuse = [](const char* field, const Json& value, ErrorCode code,
                         const std::string& named) {
    Json json = {{"timm_model_name", "fastvit_mci0"}, {"timm_pool", "avg"}};
    json[field] = value;
    expect_error([&] { read_fastvit(json); }, code, named);
  };
  refuse("timm_model_name", "fastvit_sa12", ErrorCode::unsupported, "timm_model_name");
  refuse("timm_pool", "token", ErrorCode::unsupported, "timm_pool");
  refuse("timm_proj", "linear", ErrorCode::unsupported, "timm_proj");
  refuse("timm_model_kwargs", {{"mlp_ratios", {3, 3, 3, 3}}}, ErrorCode::unsupported,
         "timm_model_kwargs.mlp_ratios");
  refuse("timm_model_kwargs", {{"layers", 3}}, ErrorCode::corrupt_data, "timm_model_kwargs.layers");
}

}  // namespace
}  // namespace diptych::checkpoint
