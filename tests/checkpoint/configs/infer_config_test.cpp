#include "checkpoint/configs/infer_config.h"

#include <gtest/gtest.h>

#include "network/model.h"
#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::ModelConfig;
using network::ModifiedResNetConfig;
using network::TextTransformerConfig;
using network::VisionTransformerConfig;
using test::expect_error;

/// Infers a config from the shapes of its own parameters, one of them changed.
ModelConfig infer(const ModelConfig& config, const std::string& tensor = "",
                  std::optional<Shape> shape = {}) {
  const network::Model model = network::make_model(config);
  const ShapeLookup shapes = [&](const std::string& name) -> std::optional<Shape> {
    if (name == tensor) return shape;
    const auto id = model.parameters.find(name);
    if (id == network::kAbsent) return std::nullopt;
    return model.parameters.spec(id).shape;
  };
  return infer_config(shapes, Activation::quick_gelu, "test");
}

ModelConfig with_image(const network::ImageTowerConfig& image) {
  return {.embedding_width = 1024,
          .image = image,
          .text = TextTransformerConfig{.activation = Activation::quick_gelu}};
}

TEST(InferConfig, FindsThePublishedArchitectures) {
  const auto quick = Activation::quick_gelu;
  for (const network::ImageTowerConfig& image : std::initializer_list<network::ImageTowerConfig>{
           VisionTransformerConfig{224, 32, 768, 12, 12, 3072, quick},
           VisionTransformerConfig{336, 14, 1024, 24, 16, 4096, quick},
           ModifiedResNetConfig{224, 64, {3, 4, 6, 3}, 32},
           ModifiedResNetConfig{448, 128, {3, 15, 36, 10}, 64}}) {
    EXPECT_EQ(infer(with_image(image)), with_image(image));
  }
}

TEST(InferConfig, FindsThePublishedEvaTransformers) {
  using network::EvaTransformerConfig;
  const EvaTransformerConfig eva_02{.image_size = 336,
                                    .width = 1024,
                                    .layers = 3,
                                    .heads = 16,
                                    .mlp_width = 2730,
                                    .activation = Activation::silu,
                                    .gated_mlp = true,
                                    .inner_norms = true,
                                    .rotary_grid = 16};
  const EvaTransformerConfig enormous{
      .width = 1792, .layers = 2, .heads = 16, .mlp_width = 15360, .post_norm = true};
  const EvaTransformerConfig eva_8b{.width = 4096,
                                    .layers = 2,
                                    .heads = 32,
                                    .mlp_width = 20480,
                                    .norm = network::NormKind::rms,
                                    .query_value_bias = false,
                                    .projection = network::Projection::matrix};
  for (const EvaTransformerConfig& image : {EvaTransformerConfig{}, eva_02, enormous, eva_8b})
    EXPECT_EQ(infer(with_image(image)), with_image(image));
}

TEST(InferConfig, FindsBertAndRoberta) {
  ModelConfig config = with_image(VisionTransformerConfig{.activation = Activation::quick_gelu});
  config.text = network::BertConfig{.width = 1024, .heads = 16, .layers = 24, .mlp_width = 4096};
  EXPECT_EQ(infer(config), config);
  config.text = network::BertConfig{.context_length = 77,
                                    .vocabulary_size = 250002,
                                    .norm_epsilon = 1e-5F,
                                    .positions = 514,
                                    .first_position = 2,
                                    .token_types = 1,
                                    .pad_id = 1,
                                    .pooling = network::BertPooling::mean,
                                    .projection_width = 896};
  EXPECT_EQ(infer(config), config);
}

TEST(InferConfig, RefusesShapesThatImplyNothing) {
  const ModelConfig config = with_image(VisionTransformerConfig{});
  const auto refuse = [&](const std::string& tensor, std::optional<Shape> shape) {
    expect_error([&] { infer(config, tensor, shape); }, ErrorCode::invalid_argument, tensor);
  };
  refuse("visual.conv1.weight", std::nullopt);
  refuse("visual.conv1.weight", Shape{768, 3, 32});
  refuse("visual.conv1.weight", Shape{768, 3, 32, 0});
  refuse("visual.positional_embedding", Shape{49, 768});
  refuse("visual.positional_embedding", Shape{1, 768});
  refuse("text_projection", std::nullopt);
  refuse("token_embedding.weight", Shape{std::int64_t{1} << 40, 512});
}

TEST(InferConfig, SaysThatHeadsCannotBeSeen) {
  expect_error([] { infer(with_image(VisionTransformerConfig{.width = 96, .heads = 3})); },
               ErrorCode::invalid_argument, "how many heads");
}

}  // namespace
}  // namespace diptych::checkpoint
