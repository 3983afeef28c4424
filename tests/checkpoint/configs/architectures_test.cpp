#include "checkpoint/configs/architectures.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "checkpoint/configs/open_clip_config.h"
#include "checkpoint/containers/safetensors.h"
#include "checkpoint/load.h"
#include "network/model.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;

/// open_clip's model configs and table of weights (tests/data/model_facts).
const Json& facts() {
  static const Json json =
      Json::parse(read_text_file(test::data_path("model_facts/open_clip.json")));
  return json;
}

/// Architectures with towers that diptych does not have, by what their configs name.
bool has_unknown_tower(const Json& config) {
  const std::string timm = config.at("vision_cfg").value("timm_model_name", "");
  const std::string text = config.at("text_cfg").value("hf_model_name", "");
  const bool known_timm = timm.empty() || timm.find("siglip") != timm.npos ||
                          timm.starts_with("eva02_") || timm.starts_with("eva_giant") ||
                          timm.starts_with("convnext_") || timm.starts_with("vit_pe_core_") ||
                          timm.starts_with("vitamin_") || timm.starts_with("fastvit_mci") ||
                          timm == "vit_base_mci_224" || timm == "vit_large_patch14_clip_224";
  const bool known_text =
      text.empty() || text.find("roberta") != text.npos || text.find("nllb") != text.npos;
  return !known_timm || !known_text;
}

/// What a config says, looked up as plainly as can be.
void expect_as_stated(const ModelFile& model, const Json& config, const std::string& name) {
  const Json& vision = config.at("vision_cfg");
  const Json& text = config.at("text_cfg");
  EXPECT_EQ(model.config.embedding_width, config.at("embed_dim").get<int>()) << name;
  // open_clip's config gives 256 beside the timm model of 384, whose positions decide.
  const int size = name == "ViTamin-XL-384" ? 384 : vision.at("image_size").get<int>();
  EXPECT_EQ(network::image_size(model.config.image), size) << name;
  EXPECT_EQ(network::context_length(model.config.text), text.value("context_length", 77)) << name;
  if (text.contains("vocab_size")) {
    EXPECT_EQ(network::vocabulary_size(model.config.text), text["vocab_size"].get<int>()) << name;
  }
  EXPECT_EQ(model.config.logit_bias, config.contains("init_logit_bias")) << name;
  const bool own_tokenizer = text.contains("hf_tokenizer_name");
  EXPECT_EQ(model.tokenizer.kind == TokenizerSpec::Kind::none, own_tokenizer) << name;
}

void expect_text_tower(const network::TextTransformerConfig& tower, const Json& config,
                       const std::string& name) {
  const Json& text = config.at("text_cfg");
  EXPECT_EQ(tower.heads, text.at("heads").get<int>()) << name;
  EXPECT_EQ(tower.causal, !text.value("no_causal_mask", false)) << name;
  const std::string pooling = text.value("pool_type", "argmax");
  EXPECT_EQ(tower.pooling == network::TextPooling::last, pooling == "last") << name;
  EXPECT_EQ(tower.end_of_text_id,
            pooling == "eos" ? text.at("eos_id").get<int>() : network::kLargestId)
      << name;
  const bool is_tanh = text.contains("act_kwargs");
  const bool is_quick = config.value("quick_gelu", false);
  EXPECT_EQ(tower.activation, is_quick  ? Activation::quick_gelu
                              : is_tanh ? Activation::gelu_tanh
                                        : Activation::gelu)
      << name;
}

TEST(Architectures, AreWhatOpenClipsConfigsSay) {
  int read = 0;
  for (const auto& [name, config] : facts().at("configs").items()) {
    const Json* known = find_architecture(name);
    ASSERT_NE(known, nullptr) << name;
    Json asked = *known;
    if (config.contains("quick_gelu")) asked["quick_gelu"] = config["quick_gelu"];
    if (has_unknown_tower(config)) {
      test::expect_error([&] { read_open_clip_config(asked, name); }, ErrorCode::unsupported,
                         "config");
      continue;
    }
    const ModelFile model = read_open_clip_config(asked, name);
    expect_as_stated(model, config, name);
    const auto* text = std::get_if<network::TextTransformerConfig>(&model.config.text);
    if (text != nullptr && !text->sinusoids) expect_text_tower(*text, config, name);
    ++read;
  }
  EXPECT_GT(read, 84);
  EXPECT_EQ(find_architecture("ViT-B-33"), nullptr);
}

TEST(Architectures, AreToldByTheirSizes) {
  for (const std::string name : {"ViT-B-32", "ViT-H-14", "ViT-g-14", "RN50x16"}) {
    network::ModelConfig config = read_open_clip_config(*find_architecture(name), name).config;
    if (auto* image = std::get_if<network::VisionTransformerConfig>(&config.image))
      image->heads = 1;
    EXPECT_EQ(architecture_of_sizes(config), name);
    config.embedding_width += 8;
    EXPECT_EQ(architecture_of_sizes(config), "");
  }
}

TEST(Architectures, TellATowerAloneByItsSizes) {
  for (const std::string name : {"ViT-H-14", "RN50x16"}) {
    network::ModelConfig config = read_open_clip_config(*find_architecture(name), name).config;
    config.text = network::AbsentTextTowerConfig();
    EXPECT_EQ(architecture_of_sizes(config), name);
  }
}

/// A folder with weights of open_clip's smallest architecture, all zero.
class KnownModel : public testing::Test {
 protected:
  static constexpr const char* kArchitecture = "ViT-S-32-alt";

  static void SetUpTestSuite() {
    folder_ = std::make_unique<test::TemporaryFolder>();
    const auto config =
        read_open_clip_config(*find_architecture(kArchitecture), kArchitecture).config;
    TensorMap weights;
    const network::Model model = network::make_model(config);
    for (const auto& spec : model.parameters.specs())
      weights.add(spec.name, TensorBuffer(DType::float16, spec.shape));
    write_safetensors(folder_->path() / "weights.safetensors", weights);
  }
  static void TearDownTestSuite() { folder_.reset(); }

  void TearDown() override { std::filesystem::remove(folder_->path() / "open_clip_config.json"); }

  static KnownFacts known() {
    Preprocessing preprocessing{.mode = ResizeMode::squash};
    return {.name = "a model",
            .architecture = kArchitecture,
            .preprocessing = preprocessing,
            .quick_gelu = true};
  }

  static void write_config(const Json& changes) {
    Json json = {{"model_cfg", *find_architecture(kArchitecture)},
                 {"preprocess_cfg", Json::object()}};
    json.merge_patch(changes);
    write_file(folder_->path() / "open_clip_config.json", json.dump());
  }

  static ModelFile load(const std::optional<KnownFacts>& facts) {
    return load_model_file(folder_->path(), {.known = facts});
  }

  static Activation text_activation(const ModelFile& model) {
    return std::get<network::TextTransformerConfig>(model.config.text).activation;
  }

  static std::unique_ptr<test::TemporaryFolder> folder_;
};

std::unique_ptr<test::TemporaryFolder> KnownModel::folder_;

TEST_F(KnownModel, NeedsNoAssumption) {
  const ModelFile model = load(known());
  EXPECT_EQ(text_activation(model), Activation::quick_gelu);
  EXPECT_EQ(model.preprocessing.mode, ResizeMode::squash);
  EXPECT_TRUE(model.assumptions.empty());
}

TEST_F(KnownModel, CompletesItsConfig) {
  write_config(Json::object());
  const ModelFile model = load(known());
  EXPECT_EQ(text_activation(model), Activation::quick_gelu);
  EXPECT_EQ(model.preprocessing.mode, ResizeMode::squash);
}

TEST_F(KnownModel, MayNotBeContradicted) {
  const auto refuse = [](const Json& changes, const std::string& reason) {
    write_config(changes);
    test::expect_error([] { load(known()); }, ErrorCode::invalid_argument, reason);
  };
  refuse({{"model_cfg", {{"quick_gelu", false}}}}, "contradiction: activation");
  refuse({{"preprocess_cfg", {{"resize_mode", "shortest"}}}}, "contradiction: preprocessing");
  refuse({{"preprocess_cfg", {{"mean", {0.5, 0.5, 0.5}}}}}, "mean 0.5 0.5 0.5");
}

TEST_F(KnownModel, IsAGuessByItsFilesName) {
  KnownFacts guess = known();
  guess.guessed = true;
  EXPECT_EQ(load(guess).assumptions.size(), 1U);
  write_config({{"model_cfg", {{"quick_gelu", false}}}});
  const ModelFile model = load(guess);
  EXPECT_EQ(text_activation(model), Activation::gelu);
  EXPECT_EQ(model.preprocessing.mode, ResizeMode::shortest);
}

TEST_F(KnownModel, IsToldByItsSizesWhenNothingElseIsKnown) {
  const ModelFile model = load(std::nullopt);
  ASSERT_EQ(model.assumptions.size(), 3U);
  EXPECT_NE(model.assumptions[0].find(kArchitecture), std::string::npos);
  EXPECT_EQ(text_activation(model), Activation::gelu);
}

TEST_F(KnownModel, IsMadeForAnotherSize) {
  const ModelFile model =
      load_model_file(folder_->path(), {.image_size = 320, .context_length = 16, .known = known()});
  EXPECT_EQ(model.weights.at("visual.positional_embedding").shape, Shape({101, 384}));
  EXPECT_EQ(model.weights.at("positional_embedding").shape[0], 16);
  EXPECT_EQ(model.preprocessing.size, 320);
  EXPECT_EQ(model.resized_positions.size(), 2U);
  const auto refuse = [](const LoadRequest& request, const std::string& reason) {
    test::expect_error([&] { load_model_file(folder_->path(), request); },
                       ErrorCode::invalid_argument, reason);
  };
  refuse({.image_size = 16}, "patch_size");
  // More than 256 times the places are not made, whatever a config asks.
  refuse({.image_size = 32 * 200}, "misshaped");
  refuse({.context_length = 77 * 300}, "misshaped");
}

}  // namespace
}  // namespace diptych::checkpoint
