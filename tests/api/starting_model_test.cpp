#include "api/starting_model.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <string>
#include <variant>

#include "base/atomic_file.h"
#include "diptych/error.h"
#include "support/support.h"

namespace diptych::api {
namespace {

using network::Activation;

Activation activation_of(const std::string& name) {
  return std::get<network::VisionTransformerConfig>(starting_model(name).config.image).activation;
}

TEST(StartingModel, IsWhateverTheOtherCommandsTake) {
  const std::string folder = test::data_path("openai_vit").string();
  for (const std::string& name : {std::string("pictogram"), folder, "local-dir:" + folder})
    EXPECT_FALSE(starting_model(name).weights.tensors.empty()) << name;
}

TEST(StartingModel, KeepsTheActivationOfAFile) {
  EXPECT_EQ(activation_of(test::data_path("openai_vit").string()), Activation::quick_gelu);
  EXPECT_EQ(activation_of(test::data_path("open_clip_quickgelu_train_checkpoint").string()),
            Activation::quick_gelu);
}

TEST(StartingModel, IsAnArchitectureByName) {
  const auto model = starting_model("ViT-B-32");
  EXPECT_TRUE(model.weights.tensors.empty());
  EXPECT_EQ(model.config.embedding_width, 512);
  EXPECT_EQ(activation_of("ViT-B-32"), Activation::gelu);
  EXPECT_EQ(activation_of("ViT-B-32-quickgelu"), Activation::quick_gelu);
}

TEST(StartingModel, ThatIsAnArchitectureTakesNoOtherStatement) {
  EXPECT_THROW(starting_model("ViT-B-32", {.quick_gelu = true}), Error);
  EXPECT_THROW(starting_model("ViT-B-32", {.image_heads = 7}), Error);
  EXPECT_NO_THROW(starting_model("ViT-B-32", {.quick_gelu = false, .text_heads = 8}));
}

TEST(StartingModel, ThatIsAConfigIsRefusedByStrictWhereItWasAssumed) {
  const test::TemporaryFolder folder;
  const std::filesystem::path config = folder.path() / "tiny.json";
  write_file(config, R"({
      "embed_dim": 16,
      "vision_cfg": {"image_size": 32, "patch_size": 16, "width": 32, "layers": 1, "head_width": 16},
      "text_cfg": {"context_length": 12, "width": 16, "heads": 2, "layers": 1}})");
  EXPECT_FALSE(starting_model(config.string()).assumptions.empty());
  EXPECT_THROW(starting_model(config.string(), {.strict = true}), Error);
}

TEST(StartingModel, ThatIsAConfigHasItsPreprocessingAndNoOtherScores) {
  const test::TemporaryFolder folder;
  const std::string config = (folder.path() / "tiny.json").string();
  const auto start = [&](const std::string& more) {
    write_file(config, R"({"embed_dim": 16, "vision_cfg": {"image_size": 32, "patch_size": 16,
        "width": 32, "layers": 1, "head_width": 16}, "text_cfg": {"context_length": 12, "width": 16,
        "heads": 2, "layers": 1})" +
                           more + "}");
    return starting_model(config);
  };
  const auto stated = start(R"(, "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [1, 1, 1]})");
  EXPECT_EQ(stated.preprocessing.mean, (std::array<float, 3>{0.5F, 0.5F, 0.5F}));
  EXPECT_TRUE(stated.assumptions.empty());
  EXPECT_NO_THROW(start(R"(, "init_logit_scale": 2.6592)"));
  EXPECT_NO_THROW(start(R"(, "init_logit_scale": 2.302585, "init_logit_bias": -10)"));
  EXPECT_THROW(start(R"(, "init_logit_scale": 100)"), Error);
  EXPECT_THROW(start(R"(, "init_logit_bias": -5)"), Error);
}

TEST(StartingModel, OfAnotherSizeSaysWhichPixelsAreNotSeen) {
  EXPECT_TRUE(starting_model("ViT-B-32", {.image_size = 256}).resized_positions.empty());
  const auto model = starting_model("ViT-B-32", {.image_size = 250});
  ASSERT_EQ(model.resized_positions.size(), 1U);
  EXPECT_NE(model.resized_positions.front().find("last 26 of 250 pixels"), std::string::npos);
}

TEST(StartingModel, ThatIsNoneIsNamed) {
  EXPECT_THROW(starting_model("ViT-B-33"), Error);
  EXPECT_THROW(starting_model("/nowhere.json"), Error);
}

}  // namespace
}  // namespace diptych::api
