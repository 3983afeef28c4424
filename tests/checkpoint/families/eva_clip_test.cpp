// The ways of EVA-CLIP's files, each with the tensors of a fixture changed.
#include "checkpoint/families/eva_clip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "checkpoint/containers/safetensors.h"
#include "checkpoint/families/families.h"
#include "checkpoint/load.h"
#include "checkpoint/source/model_files.h"
#include "checkpoint/source/sharded.h"
#include "network/model.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

using network::EvaTransformerConfig;
using test::data_path;
using test::expect_error;

/// A fixture as its file has it.
TensorMap stored(const std::string& fixture) {
  const ModelFiles files(data_path(fixture));
  return read_weights(files, files.weights(), is_known_model).tensors;
}

/// What is loaded of these tensors beside a fixture's config.
ModelFile load_eva_clip(const std::string& fixture, const TensorMap& tensors) {
  const test::TemporaryFolder folder;
  std::filesystem::copy(data_path(fixture) / "model_config.json", folder.path());
  write_safetensors(folder.path() / "a.safetensors", tensors);
  return load_model_file(folder.path());
}

TEST(EvaClipFamily, FindsTheFirstReleasesLogitScaleAmongTheTextTowers) {
  const TensorMap tensors = stored("eva_clip_psz14");
  ASSERT_TRUE(tensors.tensors.contains("text.logit_scale"));
  const ModelFile model = load_model_file(data_path("eva_clip_psz14"));
  EXPECT_EQ(to_floats(model.weights.at("logit_scale")), to_floats(tensors.at("text.logit_scale")));
  EXPECT_EQ(model.provenance.family, "eva_clip");
}

TEST(EvaClipFamily, TakesALogitScaleOfShapeOne) {
  TensorMap tensors = stored("eva_8b_rmsnorm");
  const std::vector<float> scale = to_floats(tensors.at("logit_scale"));
  tensors.tensors.erase("logit_scale");
  tensors.add("logit_scale", TensorBuffer({1}, scale));
  const ModelFile model = load_eva_clip("eva_8b_rmsnorm", tensors);
  EXPECT_EQ(model.weights.at("logit_scale").shape, Shape{});
  EXPECT_EQ(to_floats(model.weights.at("logit_scale")), scale);
}

TEST(EvaClipFamily, ReadsNoRotaryTables) {
  TensorMap tensors = stored("eva02_rope_swiglu_subln");
  const Shape shape = tensors.at("visual.rope.freqs_cos").shape;
  const std::vector<float> nothing(static_cast<std::size_t>(element_count(shape)),
                                   std::numeric_limits<float>::quiet_NaN());
  for (const std::string name : {"visual.rope.freqs_cos", "visual.blocks.1.attn.rope.freqs_sin"}) {
    tensors.tensors.erase(name);
    tensors.add(name, TensorBuffer(shape, nothing));
  }
  const ModelFile model = load_eva_clip("eva02_rope_swiglu_subln", tensors);
  const network::Model description = network::make_model(model.config);
  EXPECT_EQ(model.weights.tensors.size(), description.parameters.specs().size());
}

TEST(EvaClipFamily, StacksQueryKeyAndValueAndGivesKeysNoBias) {
  const TensorMap tensors = stored("eva02_rope_swiglu_subln");
  const ModelFile model = load_model_file(data_path("eva02_rope_swiglu_subln"));
  const std::string block = "visual.transformer.resblocks.1.attn.";
  const std::vector<float> stacked = to_floats(model.weights.at(block + "in_proj_weight"));
  const std::vector<float> key = to_floats(tensors.at("visual.blocks.1.attn.k_proj.weight"));
  ASSERT_EQ(stacked.size(), 3 * key.size());
  EXPECT_TRUE(std::equal(key.begin(), key.end(),
                         stacked.begin() + static_cast<std::ptrdiff_t>(key.size())));
  EXPECT_TRUE(model.weights.tensors.contains(block + "q_bias"));
  EXPECT_TRUE(model.weights.tensors.contains(block + "v_bias"));
  EXPECT_FALSE(model.weights.tensors.contains(block + "in_proj_bias"));
}

TEST(EvaClipFamily, NamesWhatIsMissing) {
  TensorMap tensors = stored("eva01_fused_qkv");
  tensors.tensors.erase("visual.blocks.2.attn.q_bias");
  expect_error([&] { load_eva_clip("eva01_fused_qkv", tensors); }, ErrorCode::invalid_argument,
               "missing: visual.blocks.2.attn.q_bias");
}

TEST(EvaClipFamily, RefusesAKeyBias) {
  TensorMap tensors = stored("eva01_fused_qkv");
  tensors.add("visual.blocks.0.attn.k_bias", TensorBuffer({176}, std::vector<float>(176)));
  expect_error([&] { load_eva_clip("eva01_fused_qkv", tensors); }, ErrorCode::invalid_argument,
               "visual.blocks.0.attn.k_bias");
}

TEST(EvaClipFamily, NeedsAConfigWhereNoPublishedModelHasTheWidth) {
  const test::TemporaryFolder folder;
  write_safetensors(folder.path() / "a.safetensors", stored("eva01_fused_qkv"));
  expect_error([&] { load_model_file(folder.path()); }, ErrorCode::invalid_argument,
               "width is 176");
}

TEST(EvaClipFamily, NamesTensorsAsItsOwnFilesDo) {
  for (const std::string fixture : {"eva01_fused_qkv", "eva02_rope_swiglu_subln",
                                    "eva02_bigE_postnorm", "eva_18b_rmsnorm_postnorm"}) {
    const ModelFile model = load_model_file(data_path(fixture));
    const TensorMap expected = stored(fixture);
    const TensorMap got =
        to_eva_names(std::get<EvaTransformerConfig>(model.config.image), model.weights);
    for (const auto& [name, view] : got.tensors) {
      EXPECT_EQ(view.shape, expected.at(name).shape) << name;
      EXPECT_EQ(to_floats(view), to_floats(expected.at(name))) << name;
    }
    for (const auto& [name, view] : expected.tensors)
      EXPECT_TRUE(got.tensors.contains(name) || name.find("rope") != std::string::npos) << name;
  }
}

}  // namespace
}  // namespace diptych::checkpoint
