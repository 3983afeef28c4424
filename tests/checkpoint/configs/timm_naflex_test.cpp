#include "checkpoint/configs/timm_naflex.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using network::NaflexTransformerConfig;
using test::expect_error;

NaflexTransformerConfig read_naflex(const Json& changes, int image_size = 256) {
  Json json = {{"timm_model_name", "naflexvit_base_patch16_siglip"},
               {"timm_pool", "map"},
               {"timm_proj", "none"}};
  json.update(changes);
  ConfigFields fields(json, "vision_cfg", "test.json");
  return read_timm_naflex(fields, image_size);
}

TEST(TimmNaflex, KnowsTheTowersThatOpenClipNames) {
  EXPECT_EQ(read_naflex(Json::object()), NaflexTransformerConfig{});
  const auto large = read_naflex(
      {{"timm_model_name", "naflexvit_so400m_patch16_siglip"}, {"image_seq_len", 576}}, 384);
  EXPECT_EQ(large.image_size, 384);
  EXPECT_EQ(large.most_patches(), 576);
  EXPECT_EQ(large.width, 1152);
  EXPECT_EQ(large.mlp_width, 4304);
  EXPECT_FALSE(is_timm_naflex("naflexvit_base_patch16_gap"));
}

TEST(TimmNaflex, RefusesWhatItDoesNotKnow) {
  expect_error(
      [] {
        read_naflex({{"image_seq_len", 1024}});
      },
      ErrorCode::unsupported, "image_seq_len");
  expect_error([] { read_naflex({{"timm_pool", "avg"}}); }, ErrorCode::unsupported, "timm_pool");
  expect_error(
      [] {
        read_naflex({{"timm_model_kwargs", {{"pos_embed_grid_size", {16, 8}}}}});
      },
      ErrorCode::unsupported, "pos_embed_grid_size");
  expect_error(
      [] {
        read_naflex({{"timm_model_kwargs", {{"rope_type", "axial"}}}});
      },
      ErrorCode::unsupported, "rope_type");
}

}  // namespace
}  // namespace diptych::checkpoint
