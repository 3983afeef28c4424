#include "api/starting_model.h"

#include <gtest/gtest.h>

#include <variant>

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

TEST(StartingModel, ThatIsNoneIsNamed) {
  EXPECT_THROW(starting_model("ViT-B-33"), Error);
  EXPECT_THROW(starting_model("/nowhere.json"), Error);
}

}  // namespace
}  // namespace diptych::api
