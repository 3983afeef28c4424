#include "network/model.h"

#include <cmath>
#include <string>
#include <vector>

#include "network/published_models.h"
#include "support/expect_error.h"

namespace diptych::network {
namespace {

using test::expect_error;
using testing::ElementsAre;

/// The numbers that an optimiser trains: what "151 M parameters" counts.
std::int64_t trained_count(const Model& model) {
  std::int64_t count = 0;
  for (const ParameterSpec& spec : model.parameters.specs()) {
    if (spec.trained) count += element_count(spec.shape);
  }
  return count;
}

Shape shape_of(const Model& model, const std::string& name) {
  const ParameterId id = model.parameters.find(name);
  return id == kAbsent ? Shape{-1} : model.parameters.spec(id).shape;
}

// The counts of the released weights, without running statistics.
TEST(Model, HasAsManyParametersAsThePublishedModels) {
  EXPECT_EQ(trained_count(make_model(test::vit_b_32())), 151'277'313);
  EXPECT_EQ(trained_count(make_model(test::vit_l_14())), 427'616'513);
  EXPECT_EQ(trained_count(make_model(test::rn50())), 102'007'137);
  EXPECT_EQ(trained_count(make_model(test::rn50x4())), 178'300'601);
  EXPECT_EQ(trained_count(make_model(test::siglip_b_16())), 203'155'970);
  EXPECT_EQ(trained_count(make_model(test::convnext_base_w())), 179'385'345);
  EXPECT_EQ(trained_count(make_model(test::chinese_vit_b_16())), 188'262'913);
}

// As timm counts them.
TEST(Model, HasAsManyParametersInItsImageTowerAsThePublishedNaflexModels) {
  const auto image_count = [](const ModelConfig& config) {
    const Model model = make_model(config);
    std::int64_t count = 0;
    for (const ParameterSpec& spec : model.parameters.specs())
      if (spec.name.starts_with("visual.")) count += element_count(spec.shape);
    return count;
  };
  ModelConfig config = test::siglip2_naflex_b_16();
  EXPECT_EQ(image_count(config), 92'930'304);
  config.image = NaflexTransformerConfig{.width = 1152, .layers = 27, .mlp_width = 4304};
  std::get<NaflexTransformerConfig>(config.image).heads = 16;
  config.embedding_width = 1152;
  std::get<TextTransformerConfig>(config.text).projection = Projection::linear;
  EXPECT_EQ(image_count(config), 427'888'064);
}

TEST(Model, NamesTheParametersOfAVisionTransformer) {
  const Model model = make_model(test::vit_b_32());
  // 12 a block, 8 around the image tower's, 5 around the text tower's, and the scale.
  EXPECT_EQ(model.parameters.specs().size(), 302U);
  EXPECT_EQ(shape_of(model, "visual.class_embedding"), Shape({768}));
  EXPECT_EQ(shape_of(model, "visual.positional_embedding"), Shape({50, 768}));
  EXPECT_EQ(shape_of(model, "visual.proj"), Shape({768, 512}));
  EXPECT_EQ(shape_of(model, "visual.conv1.weight"), Shape({768, 3, 32, 32}));
  EXPECT_EQ(shape_of(model, "visual.ln_pre.weight"), Shape({768}));
  EXPECT_EQ(shape_of(model, "visual.ln_post.bias"), Shape({768}));
  const std::string block = "visual.transformer.resblocks.11.";
  EXPECT_EQ(shape_of(model, block + "ln_1.weight"), Shape({768}));
  EXPECT_EQ(shape_of(model, block + "attn.in_proj_weight"), Shape({2304, 768}));
  EXPECT_EQ(shape_of(model, block + "attn.in_proj_bias"), Shape({2304}));
  EXPECT_EQ(shape_of(model, block + "attn.out_proj.weight"), Shape({768, 768}));
  EXPECT_EQ(shape_of(model, block + "ln_2.bias"), Shape({768}));
  EXPECT_EQ(shape_of(model, block + "mlp.c_fc.weight"), Shape({3072, 768}));
  EXPECT_EQ(shape_of(model, block + "mlp.c_proj.bias"), Shape({768}));
}

// In millions, as open_clip's table of models has them; the 18-billion model's published file has
// 36.7 GB of float16.
TEST(Model, HasAsManyParametersAsThePublishedEvaModels) {
  const auto millions = [](const ModelConfig& config) {
    return static_cast<double>(trained_count(make_model(config))) / 1e6;
  };
  EXPECT_NEAR(millions(test::eva01_g_14()), 1136.44, 0.005);
  EXPECT_NEAR(millions(test::eva02_l_14()), 427.76, 0.005);
  EXPECT_NEAR(millions(test::eva02_e_14_plus()), 5044.89, 0.005);
  EXPECT_NEAR(millions(test::eva_18b()), 36'700 / 2, 25);
}

TEST(Model, NamesTheParametersOfAnEvaTransformer) {
  const Model model = make_model(test::eva02_l_14());
  EXPECT_EQ(shape_of(model, "visual.conv1.bias"), Shape({1024}));
  EXPECT_EQ(shape_of(model, "visual.proj.weight"), Shape({768, 1024}));
  EXPECT_EQ(shape_of(model, "visual.proj.bias"), Shape({768}));
  const std::string block = "visual.transformer.resblocks.23.";
  EXPECT_EQ(shape_of(model, block + "attn.in_proj_weight"), Shape({3072, 1024}));
  EXPECT_EQ(shape_of(model, block + "attn.q_bias"), Shape({1024}));
  EXPECT_EQ(shape_of(model, block + "attn.v_bias"), Shape({1024}));
  EXPECT_EQ(shape_of(model, block + "attn.in_proj_bias"), Shape({-1}));
  EXPECT_EQ(shape_of(model, block + "attn.ln.weight"), Shape({1024}));
  EXPECT_EQ(shape_of(model, block + "mlp.c_fc.weight"), Shape({2730, 1024}));
  EXPECT_EQ(shape_of(model, block + "mlp.c_gated.bias"), Shape({2730}));
  EXPECT_EQ(shape_of(model, block + "mlp.ln.bias"), Shape({2730}));
  EXPECT_EQ(shape_of(model, block + "mlp.c_proj.weight"), Shape({1024, 2730}));
}

TEST(Model, GivesRmsNormsNoBias) {
  const Model model = make_model(test::eva_18b());
  const std::string block = "visual.transformer.resblocks.0.";
  EXPECT_EQ(shape_of(model, block + "ln_1.weight"), Shape({5120}));
  EXPECT_EQ(shape_of(model, block + "ln_1.bias"), Shape({-1}));
  EXPECT_EQ(shape_of(model, block + "attn.q_bias"), Shape({-1}));
  EXPECT_EQ(shape_of(model, block + "attn.out_proj.bias"), Shape({5120}));
  EXPECT_EQ(shape_of(model, "visual.proj"), Shape({5120, 1536}));
}

TEST(Model, NamesTheParametersOfATextTransformer) {
  const Model model = make_model(test::vit_b_32());
  EXPECT_EQ(shape_of(model, "token_embedding.weight"), Shape({49408, 512}));
  EXPECT_EQ(shape_of(model, "positional_embedding"), Shape({77, 512}));
  EXPECT_EQ(shape_of(model, "transformer.resblocks.11.mlp.c_fc.weight"), Shape({2048, 512}));
  EXPECT_EQ(shape_of(model, "ln_final.weight"), Shape({512}));
  EXPECT_EQ(shape_of(model, "text_projection"), Shape({512, 512}));
  EXPECT_EQ(shape_of(model, "logit_scale"), Shape({}));
  EXPECT_EQ(model.parameters.find("transformer.resblocks.12.ln_1.weight"), kAbsent);
}

TEST(Model, NamesTheParametersOfSiglip) {
  const Model model = make_model(test::siglip_b_16());
  EXPECT_EQ(shape_of(model, "visual.class_embedding"), Shape({-1}));
  EXPECT_EQ(shape_of(model, "visual.ln_pre.weight"), Shape({-1}));
  EXPECT_EQ(shape_of(model, "visual.proj"), Shape({-1}));
  EXPECT_EQ(shape_of(model, "visual.positional_embedding"), Shape({196, 768}));
  EXPECT_EQ(shape_of(model, "visual.conv1.bias"), Shape({768}));
  EXPECT_EQ(shape_of(model, "visual.attn_pool.latent"), Shape({1, 768}));
  EXPECT_EQ(shape_of(model, "visual.attn_pool.kv.weight"), Shape({1536, 768}));
  EXPECT_EQ(shape_of(model, "visual.attn_pool.mlp.fc2.bias"), Shape({768}));
  EXPECT_EQ(shape_of(model, "text_projection.weight"), Shape({768, 768}));
  EXPECT_EQ(shape_of(model, "text_projection.bias"), Shape({768}));
  EXPECT_EQ(shape_of(model, "logit_bias"), Shape({}));
}

TEST(Model, NamesTheParametersOfABert) {
  const Model model = make_model(test::chinese_vit_b_16());
  EXPECT_EQ(shape_of(model, "bert.embeddings.word_embeddings.weight"), Shape({21128, 768}));
  EXPECT_EQ(shape_of(model, "bert.embeddings.position_embeddings.weight"), Shape({512, 768}));
  EXPECT_EQ(shape_of(model, "bert.embeddings.token_type_embeddings.weight"), Shape({2, 768}));
  EXPECT_EQ(shape_of(model, "bert.embeddings.LayerNorm.weight"), Shape({768}));
  const std::string layer = "bert.encoder.layer.11.";
  EXPECT_EQ(shape_of(model, layer + "attention.self.Wqkv.weight"), Shape({2304, 768}));
  EXPECT_EQ(shape_of(model, layer + "attention.output.dense.weight"), Shape({768, 768}));
  EXPECT_EQ(shape_of(model, layer + "attention.output.LayerNorm.bias"), Shape({768}));
  EXPECT_EQ(shape_of(model, layer + "intermediate.dense.bias"), Shape({3072}));
  EXPECT_EQ(shape_of(model, layer + "output.dense.weight"), Shape({768, 3072}));
  EXPECT_EQ(shape_of(model, layer + "output.LayerNorm.weight"), Shape({768}));
  EXPECT_EQ(shape_of(model, "text_projection"), Shape({768, 512}));
}

TEST(Model, GivesXlmRobertaAProjectionOfTwoLayers) {
  const Model model = make_model(test::xlm_roberta_vit_b_32());
  EXPECT_EQ(shape_of(model, "text_projection.0.weight"), Shape({640, 768}));
  EXPECT_EQ(shape_of(model, "text_projection.2.weight"), Shape({512, 640}));
  EXPECT_EQ(model.parameters.find("text_projection"), kAbsent);
}

TEST(Model, NamesTheParametersOfAConvNext) {
  ModelConfig config = test::convnext_base_w();
  const Model model = make_model(config);
  EXPECT_EQ(shape_of(model, "visual.stem.0.weight"), Shape({128, 3, 4, 4}));
  EXPECT_EQ(shape_of(model, "visual.stages.0.downsample.0.weight"), Shape({-1}));
  EXPECT_EQ(shape_of(model, "visual.stages.1.downsample.1.weight"), Shape({256, 128, 2, 2}));
  EXPECT_EQ(shape_of(model, "visual.stages.2.blocks.26.conv_dw.weight"), Shape({512, 1, 7, 7}));
  EXPECT_EQ(shape_of(model, "visual.stages.2.blocks.26.gamma"), Shape({512}));
  EXPECT_EQ(shape_of(model, "visual.stages.3.blocks.2.mlp.fc1.weight"), Shape({4096, 1024}));
  EXPECT_EQ(shape_of(model, "visual.proj"), Shape({1024, 640}));
  std::get<ConvNextConfig>(config.image).mlp_projection = true;
  const Model with_mlp = make_model(config);
  EXPECT_EQ(shape_of(with_mlp, "visual.proj"), Shape({-1}));
  EXPECT_EQ(shape_of(with_mlp, "visual.head.mlp.fc1.bias"), Shape({1280}));
  EXPECT_EQ(shape_of(with_mlp, "visual.head.mlp.fc2.weight"), Shape({640, 1280}));
  EXPECT_EQ(shape_of(with_mlp, "visual.head.mlp.fc2.bias"), Shape({-1}));
}

TEST(Model, NamesTheParametersOfCoca) {
  ModelConfig config = test::coca_b_32();
  const Model model = make_model(config);
  EXPECT_EQ(shape_of(model, "cls_emb"), Shape({512}));
  EXPECT_EQ(shape_of(model, "positional_embedding"), Shape({77, 512}));
  EXPECT_EQ(shape_of(model, "visual.attn_pool.query"), Shape({256, 512}));
  EXPECT_EQ(shape_of(model, "visual.attn_pool.ln_k.weight"), Shape({768}));
  EXPECT_EQ(shape_of(model, "visual.attn_pool.attn.k_proj_weight"), Shape({512, 768}));
  EXPECT_EQ(shape_of(model, "visual.attn_pool.attn.in_proj_bias"), Shape({1536}));
  EXPECT_EQ(shape_of(model, "visual.ln_post.weight"), Shape({512}));
  EXPECT_EQ(shape_of(model, "visual.proj"), Shape({512, 512}));
  config.embedding_width = 768;
  EXPECT_EQ(shape_of(make_model(config), "visual.attn_pool.attn.in_proj_weight"),
            Shape({2304, 768}));
}

TEST(Model, NamesTheParametersOfADecoder) {
  const Model model = make_model(test::coca_b_32_with_decoder());
  EXPECT_EQ(shape_of(model, "text_decoder.resblocks.11.attn.in_proj_weight"), Shape({1536, 512}));
  EXPECT_EQ(shape_of(model, "text_decoder.cross_attn.11.ln_1_kv.weight"), Shape({512}));
  EXPECT_EQ(shape_of(model, "text_decoder.cross_attn.0.mlp.c_fc.weight"), Shape({2048, 512}));
  EXPECT_EQ(shape_of(model, "text_decoder.ln_final.bias"), Shape({512}));
  EXPECT_EQ(shape_of(model, "text_decoder.text_projection"), Shape({512, 49408}));
}

TEST(Model, NamesTheParametersOfAResNet) {
  const Model model = make_model(test::rn50());
  EXPECT_EQ(shape_of(model, "visual.conv1.weight"), Shape({32, 3, 3, 3}));
  EXPECT_EQ(shape_of(model, "visual.bn3.running_var"), Shape({64}));
  EXPECT_EQ(shape_of(model, "visual.layer1.0.downsample.0.weight"), Shape({256, 64, 1, 1}));
  EXPECT_EQ(shape_of(model, "visual.layer1.1.downsample.0.weight"), Shape({-1}));
  EXPECT_EQ(shape_of(model, "visual.layer4.2.conv2.weight"), Shape({512, 512, 3, 3}));
  EXPECT_EQ(shape_of(model, "visual.layer4.2.bn3.running_mean"), Shape({2048}));
  EXPECT_EQ(shape_of(model, "visual.layer4.3.conv1.weight"), Shape({-1}));
  EXPECT_EQ(shape_of(model, "visual.attnpool.positional_embedding"), Shape({50, 2048}));
  EXPECT_EQ(shape_of(model, "visual.attnpool.k_proj.weight"), Shape({2048, 2048}));
  EXPECT_EQ(shape_of(model, "visual.attnpool.c_proj.weight"), Shape({1024, 2048}));
}

TEST(Model, StartsFromClipsInitialisation) {
  const Model model = make_model(test::vit_b_32());
  const auto initialiser = [&](const std::string& name) {
    return model.parameters.spec(model.parameters.find(name)).initialiser;
  };
  EXPECT_FLOAT_EQ(initialiser("logit_scale").value, std::log(1.0F / 0.07F));
  EXPECT_FLOAT_EQ(initialiser("token_embedding.weight").value, 0.02F);
  EXPECT_FLOAT_EQ(initialiser("positional_embedding").value, 0.01F);
  const std::string block = "transformer.resblocks.0.";
  EXPECT_FLOAT_EQ(initialiser(block + "attn.in_proj_weight").value, std::pow(512.0F, -0.5F));
  EXPECT_FLOAT_EQ(initialiser(block + "attn.out_proj.weight").value,
                  std::pow(512.0F * 24.0F, -0.5F));
  EXPECT_FLOAT_EQ(initialiser(block + "mlp.c_fc.weight").value, std::pow(1024.0F, -0.5F));
  EXPECT_FLOAT_EQ(initialiser(block + "ln_1.weight").value, 1.0F);
}

TEST(Model, WithABiasStartsWhereMostPairsAreNegatives) {
  const Model model = make_model(test::siglip_b_16());
  const auto& specs = model.parameters;
  EXPECT_FLOAT_EQ(specs.spec(model.logit_scale).initialiser.value, std::log(10.0F));
  EXPECT_FLOAT_EQ(specs.spec(model.logit_bias).initialiser.value, -10.0F);
  EXPECT_EQ(make_model(test::vit_b_32()).logit_bias, kAbsent);
}

TEST(Model, RefusesABadConfig) {
  ModelConfig config = test::vit_b_32();
  config.embedding_width = 0;
  expect_error([&] { make_model(config); }, ErrorCode::invalid_argument, "embed_dim");
}

TEST(ParameterTable, RefusesANameTwice) {
  ParameterTable table;
  EXPECT_EQ(table.declare("weight", {2}, Initialiser::constant(0.0F)), 0);
  EXPECT_EQ(table.declare("bias", {2}, Initialiser::constant(0.0F)), 1);
  EXPECT_EQ(table.find("bias"), 1);
  EXPECT_EQ(table.find("scale"), kAbsent);
  expect_error([&] { table.declare("bias", {2}, Initialiser::constant(0.0F)); },
               ErrorCode::internal, "bias");
}

TEST(Linear, SlicesLieWithinTheLayer) {
  const Linear layer{.weight = 0, .bias = 1, .inputs = 4, .outputs = 12};
  const Linear key_value = layer.slice(4, 8);
  EXPECT_EQ(key_value.first_output, 4);
  EXPECT_EQ(key_value.outputs, 8);
  EXPECT_EQ(key_value.slice(4, 4).first_output, 8);
  expect_error([&] { key_value.slice(4, 5); }, ErrorCode::internal, "slice");
}

class PackTokens : public testing::Test {
 protected:
  static ModelConfig small_config(int end_of_text_id) {
    return {.embedding_width = 4,
            .image = VisionTransformerConfig{.image_size = 4,
                                             .patch_size = 2,
                                             .width = 4,
                                             .layers = 1,
                                             .heads = 1,
                                             .mlp_width = 4},
            .text = TextTransformerConfig{.context_length = 6,
                                          .vocabulary_size = 10,
                                          .width = 4,
                                          .heads = 1,
                                          .layers = 1,
                                          .mlp_width = 4,
                                          .end_of_text_id = end_of_text_id}};
  }
  static Model small_model(int end_of_text_id) { return make_model(small_config(end_of_text_id)); }

  const Model model_ = small_model(kLargestId);
};

TEST_F(PackTokens, LeavesOutWhatFollowsTheEndOfText) {
  const std::vector<std::int32_t> ids = {8, 1, 9, 0, 0, 0,  //
                                         8, 1, 2, 3, 4, 9,  //
                                         8, 9, 9, 1, 0, 0};
  const Tokens tokens = pack_tokens(model_, ids, 6);
  EXPECT_THAT(tokens.ids, ElementsAre(8, 1, 9, 8, 1, 2, 3, 4, 9, 8, 9));
  EXPECT_THAT(tokens.sequences.offsets, ElementsAre(0, 3, 9, 11));
}

TEST_F(PackTokens, EndsTextsAtAStatedId) {
  const std::vector<std::int32_t> ids = {1, 9, 2, 0, 1, 3, 9, 3};
  const Tokens tokens = pack_tokens(small_model(2), ids, 4);
  EXPECT_THAT(tokens.ids, ElementsAre(1, 9, 2, 1, 3, 9, 3));
  EXPECT_THAT(tokens.sequences.offsets, ElementsAre(0, 3, 7));
}

TEST_F(PackTokens, KeepsThePaddingThatATowerWithoutAMaskAttendsTo) {
  const std::vector<std::int32_t> ids = {8, 1, 9, 0, 0, 0,  //
                                         8, 9, 0, 0, 0, 0};
  ModelConfig config = small_config(kLargestId);
  auto& text = std::get<TextTransformerConfig>(config.text);
  text.causal = false;
  const Model at_the_end_token = make_model(config);
  text.pooling = TextPooling::last;
  const Model at_the_end = make_model(config);
  for (const Model* model : {&at_the_end_token, &at_the_end}) {
    const Tokens tokens = pack_tokens(*model, ids, 6);
    EXPECT_EQ(tokens.ids, ids);
    EXPECT_THAT(tokens.sequences.offsets, ElementsAre(0, 6, 12));
  }
  const Tokens tokens = pack_tokens(at_the_end, ids, 6);
  EXPECT_THAT(pooled_rows(std::get<TextTransformer>(at_the_end_token.text), tokens),
              ElementsAre(2, 7));
  EXPECT_THAT(pooled_rows(std::get<TextTransformer>(at_the_end.text), tokens), ElementsAre(5, 11));
}

// open_clip's mask for CoCa's published weights is shifted by one place: the first padding token is
// seen, and the class token sees itself only where no padding comes before it.
TEST_F(PackTokens, AppendsAClassTokenToWhatItSees) {
  ModelConfig config = small_config(kLargestId);
  auto& text = std::get<TextTransformerConfig>(config.text);
  text.pooling = TextPooling::class_token;
  const Model model = make_model(config);
  const std::vector<std::int32_t> ids = {8, 1, 9, 0, 0, 0,  //
                                         8, 1, 2, 3, 4, 9,  //
                                         8, 0, 1, 9, 0, 0};
  const Tokens tokens = pack_tokens(model, ids, 6);
  EXPECT_EQ(class_token_id(text), 10);
  EXPECT_EQ(masked_class_token_id(text), 11);
  EXPECT_THAT(tokens.ids, ElementsAre(8, 1, 9, 0, 11, 8, 1, 2, 3, 4, 9, 10, 8, 0, 9, 0, 11));
  EXPECT_THAT(tokens.places, ElementsAre(0, 1, 2, 3, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 3, 4, 6));
  EXPECT_THAT(tokens.sequences.offsets, ElementsAre(0, 5, 12, 17));
  const auto texts = appended_class_tokens(std::get<TextTransformer>(model.text), tokens);
  EXPECT_THAT(texts.seen.offsets, ElementsAre(0, 4, 11, 15));
  EXPECT_THAT(texts.seen_rows, ElementsAre(0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  EXPECT_THAT(texts.class_rows(), ElementsAre(4, 11, 16));
  EXPECT_THAT(without_class_tokens(tokens).ids,
              ElementsAre(8, 1, 9, 0, 8, 1, 2, 3, 4, 9, 8, 0, 9, 0));
  EXPECT_THAT(first_row_last(Sequences::uniform(2, 3)), ElementsAre(1, 2, 0, 4, 5, 3));
  text.pad_id = 3;
  EXPECT_THAT(pack_tokens(make_model(config), std::vector<std::int32_t>{8, 9, 3, 3}, 4).ids,
              ElementsAre(8, 9, 3, 11));
}

TEST_F(PackTokens, TakesShorterRowsThanTheContext) {
  const std::vector<std::int32_t> ids = {1, 9};
  EXPECT_EQ(pack_tokens(model_, ids, 2).sequences.count(), 1);
  EXPECT_EQ(pack_tokens(model_, {}, 2).sequences.count(), 0);
}

TEST_F(PackTokens, RefusesWhatDoesNotFit) {
  const auto pack = [&](std::vector<std::int32_t> ids, int length) {
    return [=, this] { pack_tokens(model_, ids, length); };
  };
  expect_error(pack({1, 10}, 2), ErrorCode::invalid_argument, "got id 10, expected 0 to 9");
  expect_error(pack({-1, 9}, 2), ErrorCode::invalid_argument, "got id -1");
  expect_error(pack({1, 9}, 0), ErrorCode::invalid_argument, "rows of 0");
  expect_error(pack({1, 2, 3, 4, 5, 6, 9}, 7), ErrorCode::invalid_argument, "rows of 7");
  expect_error(pack({1, 2, 9}, 2), ErrorCode::invalid_argument, "got 3 ids, expected rows of 2");
}

// One path for a text: unpadded ids give what their padded row gives, for every tower.
TEST_F(PackTokens, PacksAnUnpaddedTextAsItsPaddedRow) {
  constexpr std::int32_t kPad = 0;
  const std::vector<std::vector<std::int32_t>> texts = {{8, 9}, {8, 1, 2, 9}, {8, 1, 2, 3, 4, 9}};
  const std::vector<std::pair<TextPooling, bool>> towers = {
      {TextPooling::end_of_text, true}, {TextPooling::end_of_text, false},
      {TextPooling::last, true},        {TextPooling::last, false},
      {TextPooling::class_token, true}, {TextPooling::first, false}};
  for (const auto& [pooling, causal] : towers) {
    ModelConfig config = small_config(kLargestId);
    std::get<TextTransformerConfig>(config.text).pooling = pooling;
    std::get<TextTransformerConfig>(config.text).causal = causal;
    const Model model = make_model(config);
    std::vector<std::int32_t> rows;
    Tokens tokens;
    for (const auto& ids : texts) {
      rows.insert(rows.end(), ids.begin(), ids.end());
      rows.resize((rows.size() + 5) / 6 * 6, kPad);
      append_text(model, ids, kPad, tokens);
    }
    const Tokens expected = pack_tokens(model, rows, 6);
    EXPECT_EQ(tokens.ids, expected.ids);
    EXPECT_EQ(tokens.places, expected.places);
    EXPECT_EQ(tokens.sequences.offsets, expected.sequences.offsets);
  }
}

TEST_F(PackTokens, RefusesATextThatDoesNotFit) {
  const auto append = [&](std::vector<std::int32_t> ids) {
    return [=, this] {
      Tokens tokens;
      append_text(model_, ids, 0, tokens);
    };
  };
  expect_error(append({}), ErrorCode::invalid_argument, "a text of 0, expected 1 to 6");
  expect_error(append({1, 2, 3, 4, 5, 6, 9}), ErrorCode::invalid_argument, "a text of 7");
  expect_error(append({1, 10}), ErrorCode::invalid_argument, "got id 10, expected 0 to 9");
}

Model small_bert(int pad_id) {
  ModelConfig config = test::vit_b_32();
  config.text = BertConfig{.context_length = 4,
                           .vocabulary_size = 10,
                           .width = 4,
                           .heads = 1,
                           .layers = 1,
                           .mlp_width = 4,
                           .positions = 4,
                           .pad_id = pad_id};
  return make_model(config);
}

// The padding id may be 0, which is a token like others to CLIP's tower and its [PAD] to BERT's.
TEST(PackBertTokens, LeavesOutPadding) {
  const Model model = small_bert(0);
  const std::vector<std::int32_t> ids = {5, 6, 0, 0,  //
                                         5, 9, 8, 6};
  const Tokens tokens = pack_tokens(model, ids, 4);
  EXPECT_THAT(tokens.ids, ElementsAre(5, 6, 5, 9, 8, 6));
  EXPECT_THAT(tokens.sequences.offsets, ElementsAre(0, 2, 6));
  const Tokens padded_with_one = pack_tokens(small_bert(1), ids, 4);
  EXPECT_THAT(padded_with_one.sequences.offsets, ElementsAre(0, 4, 8));
}

TEST(PackBertTokens, RefusesPaddingThatIsNotAfterAText) {
  const Model model = small_bert(0);
  const auto pack = [&](std::vector<std::int32_t> ids) {
    return [&model, ids] { pack_tokens(model, ids, 4); };
  };
  expect_error(pack({0, 0, 5, 6}), ErrorCode::invalid_argument, "padding (id 0) at 0");
  expect_error(pack({5, 0, 6, 0}), ErrorCode::invalid_argument, "padding (id 0) at 1");
  expect_error(pack({0, 0, 0, 0}), ErrorCode::invalid_argument, "padding (id 0) at 0");
}

}  // namespace
}  // namespace diptych::network
