// Which family and config files are taken to be, by all that is known of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "checkpoint/containers/safetensors.h"
#include "checkpoint/families/unsupported.h"
#include "checkpoint/load.h"
#include "json/json.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::TextTransformerConfig;
using network::VisionTransformerConfig;
using test::data_path;
using test::expect_error;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A fixture of open_clip's whose weights and config can be changed.
struct Editable {
  test::TemporaryFolder folder;
  TensorMap tensors =
      read_safetensors(data_path("open_clip_vit_safetensors/open_clip_model.safetensors"));

  void add_constant(const std::string& name) { tensors.add(name, TensorBuffer(DType::int64, {})); }
  void add_config() const {
    std::filesystem::copy(data_path("open_clip_vit_safetensors/open_clip_config.json"),
                          folder.path());
  }
  ModelFile load(const StatedFacts& stated = {}) const {
    write_safetensors(folder.path() / "open_clip_model.safetensors", tensors);
    return load_model_file(folder.path(), {.stated = stated});
  }
};

Activation text_activation(const ModelFile& model) {
  return std::get<TextTransformerConfig>(model.config.text).activation;
}

TEST(FamilyEvidence, OneConstantMakesNoOpenAiModel) {
  Editable model;
  model.add_constant("input_resolution");
  const ModelFile inferred = model.load();
  EXPECT_EQ(inferred.provenance.family, "open_clip");
  EXPECT_EQ(text_activation(inferred), Activation::gelu);
}

TEST(FamilyEvidence, AConfigBesideTheWeightsAlwaysCounts) {
  Editable model;
  for (const char* constant : {"input_resolution", "context_length", "vocab_size"})
    model.add_constant(constant);
  EXPECT_EQ(model.load().provenance.family, "openai");
  model.add_config();
  const ModelFile stated = model.load();
  EXPECT_EQ(stated.provenance.family, "open_clip");
  EXPECT_EQ(text_activation(stated), Activation::gelu);
}

TEST(FamilyEvidence, AConfigMayStateABiasThatTheWeightsLack) {
  Editable model;
  model.add_config();
  EXPECT_THAT(model.load().assumptions, IsEmpty());
  const auto file = model.folder.path() / "open_clip_config.json";
  Json json = Json::parse(read_text_file(file));
  json["model_cfg"]["init_logit_bias"] = -10;
  write_file(file, json.dump());
  EXPECT_THAT(model.load().assumptions, Contains(HasSubstr("states a bias of the scores")));
}

TEST(FamilyEvidence, TwoConfigsThatDifferAreRefused) {
  Editable model;
  model.add_config();
  const std::string config = read_text_file(model.folder.path() / "open_clip_config.json");
  write_file(model.folder.path() / "model_config.json", config);
  EXPECT_NO_THROW(model.load());
  Json json = Json::parse(config);
  json["model_cfg"]["quick_gelu"] = true;
  write_file(model.folder.path() / "model_config.json", json.dump());
  expect_error([&] { model.load(); }, ErrorCode::invalid_argument, "says another thing than");
}

TEST(FamilyEvidence, TakesAHuggingFaceConfigWhereNoOtherIsBeside) {
  Editable model;
  const ModelFile expected = model.load();
  const auto& image = std::get<VisionTransformerConfig>(expected.config.image);
  const auto& text = std::get<TextTransformerConfig>(expected.config.text);
  const Json config = {{"model_type", "clip"},
                       {"projection_dim", expected.config.embedding_width},
                       {"vision_config",
                        {{"image_size", image.image_size},
                         {"patch_size", image.patch_size},
                         {"hidden_size", image.width},
                         {"num_hidden_layers", image.layers},
                         {"num_attention_heads", image.heads},
                         {"intermediate_size", image.mlp_width}}},
                       {"text_config",
                        {{"max_position_embeddings", text.context_length},
                         {"vocab_size", text.vocabulary_size},
                         {"hidden_size", text.width},
                         {"num_hidden_layers", text.layers},
                         {"num_attention_heads", text.heads},
                         {"intermediate_size", text.mlp_width}}}};
  write_file(model.folder.path() / "config.json", config.dump());
  const ModelFile got = model.load();
  EXPECT_EQ(text_activation(got), Activation::quick_gelu);
  EXPECT_THAT(got.assumptions, Contains(HasSubstr("Hugging Face")));
}

TEST(FamilyEvidence, RefusesAConfigOfAnotherKindOfModel) {
  const Editable model;
  write_file(model.folder.path() / "config.json", R"({"model_type": "bert"})");
  expect_error([&] { model.load(); }, ErrorCode::invalid_argument,
               "contradiction: the weights bear open_clip's names, the config beside them says "
               "model_type \"bert\"");
}

TEST(FamilyEvidence, StatedFactsTakeTheAssumptionsPlace) {
  Editable model;
  const ModelFile assumed = model.load();
  const int heads = std::get<VisionTransformerConfig>(assumed.config.image).heads;
  const ModelFile stated =
      model.load({.quick_gelu = true, .image_heads = 2 * heads, .text_heads = 1});
  EXPECT_EQ(text_activation(stated), Activation::quick_gelu);
  EXPECT_EQ(std::get<VisionTransformerConfig>(stated.config.image).heads, 2 * heads);
  EXPECT_EQ(std::get<TextTransformerConfig>(stated.config.text).heads, 1);
  EXPECT_EQ(assumed.assumptions.size(), stated.assumptions.size() + 2);
}

TEST(FamilyEvidence, RefusesStatedFactsThatContradictTheConfig) {
  Editable model;
  model.add_config();
  EXPECT_THAT(model.load().assumptions, IsEmpty());
  expect_error([&] { model.load({.quick_gelu = true}); }, ErrorCode::invalid_argument,
               "contradiction: activation");
  expect_error([&] { model.load({.image_heads = 99}); }, ErrorCode::invalid_argument,
               "contradiction: heads of the image tower");
}

TEST(FamilyEvidence, NamesModelsThatDiptychHasNot) {
  for (const auto& [tensor, name] : std::initializer_list<std::pair<std::string, std::string>>{
           {"text_model.roberta.embeddings.word_embeddings.weight", "AltCLIP"},
           {"vision_model.encoder.stages.0.group_token", "GroupViT"},
           {"decoder.film_mul.weight", "CLIPSeg"},
           {"visual.trunk.layers.0.blocks.0.attn.relative_position_bias_table", "Swin"},
           {"layer1.0.conv1.weight", "ResNet alone"},
           {"vision_model.encoder.layers.0.self_attn.q_proj.weight",
            "CLIPVisionModelWithProjection"},
           {"text_model.encoder.layers.0.self_attn.q_proj.weight", "CLIPTextModelWithProjection"},
           {"encoder.layers.0.self_attn.q_proj.weight", "without its projection or head"}}) {
    TensorMap tensors;
    tensors.add(tensor, TensorBuffer({1}, std::vector<float>(1)));
    EXPECT_THAT(unsupported_family(tensors), HasSubstr(name));
    const test::TemporaryFolder folder;
    write_safetensors(folder.path() / "model.safetensors", tensors);
    expect_error([&] { load_model_file(folder.path()); }, ErrorCode::unsupported, name);
  }
}

/// open_clip's coca_base: a decoder, and no attention pool whose rows it would read.
TEST(FamilyEvidence, LoadsACocaWithoutPoolWithoutItsDecoder) {
  const test::TemporaryFolder folder;
  TensorMap tensors =
      read_safetensors(data_path("open_clip_coca_captions/open_clip_model.safetensors"));
  Json config =
      Json::parse(read_text_file(data_path("open_clip_coca_captions/open_clip_config.json")));
  std::erase_if(tensors.tensors,
                [](const auto& tensor) { return tensor.first.starts_with("visual.attn_pool."); });
  auto& vision = config["model_cfg"]["vision_cfg"];
  for (const char* field : {"attentional_pool", "attn_pooler_queries", "attn_pooler_heads"})
    vision.erase(field);
  const auto width = vision.at("width").get<std::int64_t>();
  const auto embedding = config["model_cfg"].at("embed_dim").get<std::int64_t>();
  tensors.add("visual.proj",
              TensorBuffer({width, embedding},
                           std::vector<float>(static_cast<std::size_t>(width * embedding))));
  for (const char* norm : {"visual.ln_post.weight", "visual.ln_post.bias"})
    tensors.add(norm, TensorBuffer({width}, std::vector<float>(static_cast<std::size_t>(width))));
  write_safetensors(folder.path() / "open_clip_model.safetensors", tensors);
  write_file(folder.path() / "open_clip_config.json", config.dump());
  const ModelFile model = load_model_file(folder.path());
  EXPECT_FALSE(model.config.decoder);
  EXPECT_THAT(model.assumptions, Contains(HasSubstr("no attention pool")));
}

}  // namespace
}  // namespace diptych::checkpoint
