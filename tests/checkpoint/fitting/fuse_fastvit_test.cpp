#include "checkpoint/fitting/fuse_fastvit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <utility>
#include <vector>

#include "checkpoint/containers/safetensors.h"
#include "checkpoint/export_model.h"
#include "checkpoint/load.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

using test::data_path;
using test::expect_error;

/// Loads the fixture after a change to its tensors.
ModelFile load_changed(const std::function<void(TensorMap&)>& change) {
  const test::TemporaryFolder folder;
  const auto source = data_path("open_clip_mobileclip");
  TensorMap tensors = read_safetensors(source / "open_clip_model.safetensors");
  change(tensors);
  write_safetensors(folder.path() / "open_clip_model.safetensors", tensors, {}, DType::float32);
  std::filesystem::copy(source / "open_clip_config.json", folder.path());
  return load_model_file(folder.path());
}

TEST(FuseFastVit, NamesABranchThatIsMissing) {
  for (const char* name : {"visual.trunk.stem.0.conv_kxk.0.conv.weight",
                           "visual.trunk.stages.1.blocks.0.mlp.conv.bn.running_var",
                           "visual.trunk.stages.2.downsample.proj.0.se.fc1.bias",
                           "visual.trunk.stages.3.pos_emb.pos_enc.bias",
                           "visual.trunk.stages.3.blocks.1.layer_scale_2.gamma"}) {
    expect_error([&] { load_changed([&](TensorMap& t) { t.tensors.erase(name); }); },
                 ErrorCode::invalid_argument, name);
  }
}

TEST(FuseFastVit, NamesABranchOfAnotherShape) {
  const char* name = "visual.trunk.stages.0.blocks.0.token_mixer.mixer.conv_scale.conv.weight";
  expect_error(
      [&] {
        load_changed([&](TensorMap& t) {
          t.tensors.erase(name);
          t.add(name, TensorBuffer(DType::float32, {8, 1, 3, 3}));
        });
      },
      ErrorCode::invalid_argument, name);
}

/// A branch that no layer has is not left out in silence.
TEST(FuseFastVit, NamesABranchTooMany) {
  const char* name = "visual.trunk.stem.0.conv_kxk.1.conv.weight";
  expect_error(
      [&] {
        load_changed([&](TensorMap& t) {
          t.add(name, TensorBuffer(DType::float32, {8, 3, 3, 3}));
        });
      },
      ErrorCode::invalid_argument, name);
}

/// What timm's own fusing leaves: its layers under reparam_conv.
TEST(FuseFastVit, TakesLayersThatAreFusedAlready) {
  const ModelFile expected = load_model_file(data_path("open_clip_mobileclip"));
  const std::vector<std::pair<std::string, std::string>> layers = {
      {"visual.stem.0", "visual.trunk.stem.0"},
      {"visual.stages.0.blocks.0.mixer", "visual.trunk.stages.0.blocks.0.token_mixer"},
      {"visual.stages.2.downsample.depthwise", "visual.trunk.stages.2.downsample.proj.0"},
      {"visual.stages.2.downsample.pointwise", "visual.trunk.stages.2.downsample.proj.1"},
      {"visual.stages.3.position", "visual.trunk.stages.3.pos_emb"},
      {"visual.head.depthwise", "visual.trunk.final_conv"}};
  const ModelFile got = load_changed([&](TensorMap& tensors) {
    for (const auto& [fused, branches] : layers) {
      std::erase_if(tensors.tensors, [&](const auto& tensor) {
        return tensor.first.starts_with(branches + ".") &&
               tensor.first.find(".se.") == std::string::npos;
      });
      for (const char* part : {".weight", ".bias"}) {
        const TensorView& view = expected.weights.at(fused + part);
        tensors.add(branches + ".reparam_conv" + part, TensorBuffer(view.shape, to_floats(view)));
      }
    }
  });
  ASSERT_EQ(got.weights.tensors.size(), expected.weights.tensors.size());
  for (const auto& [name, view] : expected.weights.tensors)
    EXPECT_EQ(to_floats(got.weights.at(name)), to_floats(view)) << name;
}

TEST(FuseFastVit, LeavesNothingThatOpenClipCouldRead) {
  const test::TemporaryFolder folder;
  const ModelFile model = load_model_file(data_path("open_clip_mobileclip"));
  expect_error([&] { export_model(folder.path(), model, ExportFormat::open_clip, DType::float32); },
               ErrorCode::unsupported, "branches");
}

}  // namespace
}  // namespace diptych::checkpoint
