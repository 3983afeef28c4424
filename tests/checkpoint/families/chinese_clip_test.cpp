// Chinese-CLIP's files, their Hugging Face form, and open_clip's models over XLM-R.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "checkpoint/containers/container.h"
#include "checkpoint/containers/torch_writer.h"
#include "checkpoint/load.h"
#include "checkpoint/model_folder.h"
#include "json/json.h"
#include "network/model.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::BertConfig;
using network::BertPooling;
using network::ModelConfig;
using network::ModifiedResNetConfig;
using network::VisionTransformerConfig;
using test::data_path;
using test::expect_error;

constexpr const char* kConfig = "model_config.json";

BertConfig tiny_bert(int context_length, int positions) {
  return {.context_length = context_length,
          .vocabulary_size = 600,
          .width = 64,
          .heads = 2,
          .layers = 2,
          .mlp_width = 256,
          .positions = positions};
}

TEST(ChineseClip, LoadsVisionTransformer) {
  const ModelFile model = load_model_file(data_path("chinese_clip_vit"));
  EXPECT_EQ(
      model.config,
      (ModelConfig{.embedding_width = 48,
                   .image = VisionTransformerConfig{48, 16, 128, 3, 2, 512, Activation::quick_gelu},
                   .text = tiny_bert(40, 40)}));
  EXPECT_EQ(model.preprocessing, (Preprocessing{.size = 48, .mode = ResizeMode::squash}));
  EXPECT_EQ(model.tokenizer.kind, TokenizerSpec::Kind::chinese);
  EXPECT_EQ(model.provenance.family, "chinese_clip");
  EXPECT_EQ(model.provenance.name, "tiny");
  EXPECT_THAT(model.assumptions, testing::IsEmpty());
  EXPECT_EQ(model.weights.at("bert.embeddings.LayerNorm.weight").dtype, DType::float16);
  EXPECT_EQ(model.weights.at("logit_scale").dtype, DType::float32);
}

// What lies there in half precision is what the reference's features were computed from (the
// engine's ReferenceTest): norms take no other way than matrices.
TEST(ChineseClip, TakesLayerNormsInFloat16) {
  const ModelFile model = load_model_file(data_path("chinese_clip_vit"));
  int norms = 0;
  for (const auto& [name, view] : model.weights.tensors) {
    if (name.find("LayerNorm") == name.npos && name.find(".ln_") == name.npos) continue;
    EXPECT_EQ(view.dtype, DType::float16) << name;
    ++norms;
  }
  EXPECT_GT(norms, 10);
}

// The feature is that of the first token, [CLS] (id 101), not of a pooler's layer.
TEST(ChineseClip, PoolsItsClsToken) {
  const ModelFile model = load_model_file(data_path("chinese_clip_vit"));
  EXPECT_EQ(std::get<network::BertConfig>(model.config.text).pooling,
            network::BertPooling::class_token);
  const auto ids = text::make_tokenizer(model.tokenizer, "test")->encode("猫", 8);
  EXPECT_EQ(ids.front(), 101);
  EXPECT_EQ(ids.back(), 102);
  EXPECT_EQ(ids.size(), 3U);
}

TEST(ChineseClip, LoadsResNet) {
  const ModelFile model = load_model_file(data_path("chinese_clip_resnet"));
  EXPECT_EQ(model.config, (ModelConfig{.embedding_width = 40,
                                       .image = ModifiedResNetConfig{64, 16, {1, 2, 1, 1}, 8},
                                       .text = tiny_bert(40, 40)}));
}

TEST(ChineseClip, LoadsHuggingFaceFolder) {
  const ModelFile model = load_model_file(data_path("hf_chinese_clip"));
  EXPECT_EQ(
      model.config,
      (ModelConfig{.embedding_width = 48,
                   .image = VisionTransformerConfig{48, 16, 96, 3, 3, 384, Activation::quick_gelu},
                   .text = tiny_bert(32, 32)}));
  EXPECT_EQ(model.preprocessing, (Preprocessing{.size = 48,
                                                .mode = ResizeMode::squash,
                                                .background = {{255, 255, 255}},
                                                .conversion = RgbConversion::first}));
  EXPECT_EQ(model.provenance.family, "huggingface_chinese_clip");
  EXPECT_THAT(model.assumptions, testing::ElementsAre(testing::HasSubstr("both sides")));
}

TEST(OpenClipBert, LoadsXlmRoberta) {
  const ModelFile model = load_model_file(data_path("open_clip_xlm_roberta"));
  BertConfig text = tiny_bert(16, 20);
  text.vocabulary_size = 512;
  text.norm_epsilon = 1e-5F;
  text.first_position = 2;
  text.token_types = 1;
  text.pad_id = 1;
  text.pooling = BertPooling::mean;
  text.projection_width = 56;
  EXPECT_EQ(model.config,
            (ModelConfig{.embedding_width = 48,
                         .image = VisionTransformerConfig{48, 16, 128, 2, 2, 512, Activation::gelu},
                         .text = text}));
  EXPECT_EQ(model.preprocessing, Preprocessing{.size = 48});
  EXPECT_EQ(model.tokenizer.kind, TokenizerSpec::Kind::none);
  EXPECT_EQ(model.provenance.family, "open_clip_bert");
}

/// The fixture as another writer of Chinese-CLIP's might have left it.
class EditedChineseClip : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::copy(data_path("chinese_clip_vit") / kConfig, folder_.path() / kConfig);
    tensors_ =
        read_container(map_file(data_path("chinese_clip_vit/clip_cn_tiny.pt").string())).tensors;
    expected_ = load_model_file(data_path("chinese_clip_vit"));
  }

  void rename(const std::string& from, const std::string& to) {
    auto node = tensors_.tensors.extract(from);
    ASSERT_FALSE(node.empty()) << from;
    node.key() = to;
    tensors_.tensors.insert(std::move(node));
  }

  void use_flash_attention_keys() {
    for (int i = 0; i < 3; ++i) {
      const std::string image = "visual.transformer.resblocks." + std::to_string(i) + ".attn.";
      rename(image + "in_proj_weight", image + "Wqkv.weight");
      rename(image + "in_proj_bias", image + "Wqkv.bias");
    }
    for (int i = 0; i < 2; ++i) {
      const std::string attention = "bert.encoder.layer." + std::to_string(i) + ".attention.";
      for (const std::string part : {"weight", "bias"}) {
        rename(attention + "output.dense." + part, attention + "self.out_proj." + part);
        const std::string fused = attention + "self.Wqkv." + part;
        tensors_.tensors.emplace(fused, expected_.weights.at(fused));
        for (const std::string projection : {"query.", "key.", "value."})
          tensors_.tensors.erase(attention + "self." + projection + part);
      }
    }
  }

  ModelFile load() const {
    write_torch_archive(folder_.path() / "model.pt", tensors_);
    return load_model_file(folder_.path());
  }

  void expect_same_weights(const ModelFile& model) const {
    ASSERT_EQ(model.weights.tensors.size(), expected_.weights.tensors.size());
    for (const auto& [name, view] : expected_.weights.tensors)
      EXPECT_EQ(to_floats(model.weights.at(name)), to_floats(view)) << name;
  }

  test::TemporaryFolder folder_;
  TensorMap tensors_;
  ModelFile expected_;
};

TEST_F(EditedChineseClip, TakesFlashAttentionKeysWithAndWithoutModulePrefix) {
  use_flash_attention_keys();
  expect_same_weights(load());
  std::vector<std::string> names;
  for (const auto& [name, view] : tensors_.tensors) names.push_back(name);
  for (const std::string& name : names) rename(name, "module." + name);
  expect_same_weights(load());
}

TEST_F(EditedChineseClip, IgnoresPoolerAndPositionIds) {
  tensors_.add("bert.pooler.dense.weight", TensorBuffer({64, 64}, std::vector<float>(64 * 64)));
  tensors_.add("bert.pooler.dense.bias", TensorBuffer({64}, std::vector<float>(64)));
  tensors_.add("bert.embeddings.position_ids", TensorBuffer(DType::int64, {1, 40}));
  expect_same_weights(load());
}

TEST_F(EditedChineseClip, NamesAProjectionThatIsMissing) {
  tensors_.tensors.erase("bert.encoder.layer.1.attention.self.key.bias");
  expect_error([&] { load(); }, ErrorCode::invalid_argument,
               "missing: bert.encoder.layer.1.attention.self.query.bias + ");
}

TEST_F(EditedChineseClip, SaysThatHeadsOfAnotherWidthNeedAConfig) {
  std::filesystem::remove(folder_.path() / kConfig);
  const ModelFile model = load();
  EXPECT_EQ(std::get<VisionTransformerConfig>(model.config.image),
            std::get<VisionTransformerConfig>(expected_.config.image));
  EXPECT_EQ(std::get<BertConfig>(model.config.text).heads, 1);
  EXPECT_EQ(model.preprocessing, expected_.preprocessing);
  EXPECT_EQ(model.tokenizer.kind, TokenizerSpec::Kind::chinese);
  EXPECT_THAT(model.assumptions, testing::ElementsAre(testing::HasSubstr("heads of width 64")));
}

TEST_F(EditedChineseClip, ResizesPositionsToTheResolutionOfItsConfig) {
  Json config = Json::parse(read_text_file(folder_.path() / kConfig));
  config["vision"]["image_resolution"] = 80;
  write_file(folder_.path() / kConfig, config.dump());
  const ModelFile model = load();
  const TensorView& positions = model.weights.at("visual.positional_embedding");
  EXPECT_EQ(positions.shape, Shape({26, 128}));
  EXPECT_EQ(positions.dtype, DType::float16);
  EXPECT_EQ(model.preprocessing.size, 80);
  EXPECT_THAT(model.resized_positions,
              testing::ElementsAre(testing::HasSubstr("9 positions were resized to 25")));
}

TEST(ChineseClip, IgnoresTheHuggingFacePoolerAndPositionIds) {
  const test::TemporaryFolder folder;
  std::filesystem::copy(data_path("hf_chinese_clip/config.json"), folder.path() / "config.json");
  TensorMap tensors = read_safetensors(data_path("hf_chinese_clip/model.safetensors"));
  tensors.add("text_model.pooler.dense.weight",
              TensorBuffer({64, 64}, std::vector<float>(64 * 64)));
  tensors.add("text_model.embeddings.position_ids", TensorBuffer(DType::int64, {1, 32}));
  tensors.add("vision_model.embeddings.position_ids", TensorBuffer(DType::int64, {1, 10}));
  write_safetensors(folder.path() / "model.safetensors", tensors);
  EXPECT_EQ(load_model_file(folder.path()).weights.tensors.size(),
            load_model_file(data_path("hf_chinese_clip")).weights.tensors.size());
}

TEST(OpenClipBert, FindsTheTokenizerBesideTheWeights) {
  for (const std::string file : {"sentencepiece.bpe.model", "tokenizer.json"}) {
    const test::TemporaryFolder folder;
    std::filesystem::copy(data_path("open_clip_xlm_roberta"), folder.path());
    std::filesystem::copy(data_path("xlm_roberta/" + file), folder.path());
    const ModelFile model = load_model_file(folder.path());
    EXPECT_EQ(model.tokenizer.kind, TokenizerSpec::Kind::xlm_roberta) << file;
    EXPECT_THAT(model.assumptions, testing::IsEmpty());
    save_model_folder(folder.path() / "saved", model, DType::float16);
    EXPECT_EQ(load_model_file(folder.path() / "saved").tokenizer, model.tokenizer) << file;
  }
  EXPECT_THAT(load_model_file(data_path("open_clip_xlm_roberta")).assumptions,
              testing::ElementsAre(testing::HasSubstr("token ids")));
}

}  // namespace
}  // namespace diptych::checkpoint
