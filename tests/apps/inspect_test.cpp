#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "api/fixtures.h"
#include "apps/program.h"
#include "base/atomic_file.h"
#include "support/support.h"

namespace diptych::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::HasSubstr;

Json inspect(const std::string& model) {
  const ProgramRun run = run_diptych({"inspect", data_path(model).string(), "--json"});
  EXPECT_EQ(run.status, 0) << run.errors;
  return Json::parse(run.output);
}

// The sizes are those of the fixtures' own configs.
TEST(Inspect, OpenAiVisionTransformer) {
  const Json info = inspect("openai_vit");
  EXPECT_EQ(info.at("family"), "openai");
  EXPECT_EQ(info.at("embedding_width"), 48);
  EXPECT_EQ(info.at("image_tower").at("architecture"), "vision transformer");
  EXPECT_EQ(info.at("image_tower").at("image_size"), 48);
  EXPECT_EQ(info.at("image_tower").at("patch_size"), 16);
  EXPECT_EQ(info.at("image_tower").at("layers"), Json({3}));
  EXPECT_EQ(info.at("image_tower").at("activation"), "quick_gelu");
  EXPECT_EQ(info.at("text_tower").at("context_length"), 16);
  EXPECT_EQ(info.at("text_tower").at("vocabulary_size"), 512);
}

TEST(Inspect, OpenAiResNet) {
  const Json info = inspect("openai_resnet");
  EXPECT_EQ(info.at("image_tower").at("architecture"), "modified ResNet");
  EXPECT_EQ(info.at("image_tower").at("layers"), Json({1, 2, 1, 1}));
  EXPECT_EQ(info.at("image_tower").at("image_size"), 64);
}

TEST(Inspect, ActivationsFollowTheConfig) {
  EXPECT_EQ(inspect("open_clip_vit_safetensors").at("image_tower").at("activation"), "gelu");
  EXPECT_EQ(inspect("open_clip_quickgelu_train_checkpoint").at("text_tower").at("activation"),
            "quick_gelu");
}

TEST(Inspect, TextNamesTheSame) {
  const ProgramRun run = run_diptych({"inspect", data_path("hf_clip").string()});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("vision transformer, width 96, 3 layers, 3 heads"));
}

/// A bad model is one line with its status, whatever the command.
void expect_refused(const std::string& model, int status) {
  const ProgramRun run = run_diptych({"inspect", model});
  EXPECT_EQ(run.status, status) << run.errors;
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
  EXPECT_EQ(run.output, "");
}

TEST(Inspect, MissingModel) {
  expect_refused("no/such/model", 4);
}

TEST(Inspect, EmptyFile) {
  const TemporaryFolder folder;
  write_file(folder.path() / "empty.pt", "");
  const ProgramRun run = run_diptych({"inspect", (folder.path() / "empty.pt").string()});
  EXPECT_THAT(run.errors, HasSubstr("empty.pt"));
  EXPECT_TRUE(run.status == 2 || run.status == 3) << run.status;
}

TEST(Inspect, FolderWithoutACheckpoint) {
  const TemporaryFolder folder;
  const ProgramRun run = run_diptych({"inspect", folder.path().string()});
  EXPECT_NE(run.status, 0);
  EXPECT_LT(run.status, 70);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
}

class TruncatedModel : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(TruncatedModel, IsCorrupt) {
  const auto& [model, file] = GetParam();
  const TemporaryFolder folder;
  fs::copy(data_path(model), folder.path(), fs::copy_options::recursive);
  fs::permissions(folder.path() / file, fs::perms::owner_all);
  fs::resize_file(folder.path() / file, fs::file_size(folder.path() / file) / 2);
  expect_refused(folder.path().string(), 3);
}

INSTANTIATE_TEST_SUITE_P(
    Inspect, TruncatedModel,
    ::testing::Values(std::pair{"openai_vit", "model.pt"},
                      std::pair{"open_clip_vit_safetensors", "open_clip_model.safetensors"},
                      std::pair{"open_clip_quickgelu_train_checkpoint", "epoch_3.pt"}),
    [](const auto& info) { return info.param.first; });

// What it is can still be said; that it does not load is an error all the same.
TEST(Inspect, AConfigThatDoesNotFitItsWeights) {
  const TemporaryFolder folder;
  fs::copy(data_path("open_clip_vit_safetensors"), folder.path(), fs::copy_options::recursive);
  fs::permissions(folder.path() / "open_clip_config.json", fs::perms::owner_all);
  write_file(folder.path() / "open_clip_config.json",
             R"({"model_cfg": {"embed_dim": 64, "vision_cfg": {"image_size": 48, "layers": 3,
                 "width": 128, "patch_size": 16, "head_width": 64}, "text_cfg": {"context_length": 16,
                 "vocab_size": 512, "width": 64, "heads": 2, "layers": 2}}, "preprocess_cfg": {}})");
  const ProgramRun run = run_diptych({"inspect", folder.path().string(), "--json"});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
  EXPECT_EQ(Json::parse(run.output).at("certainty"), "recognised");
  EXPECT_THAT(run.errors, HasSubstr("64"));
}

}  // namespace
}  // namespace diptych::test
