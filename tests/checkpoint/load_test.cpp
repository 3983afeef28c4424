#include "checkpoint/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "checkpoint/model_folder.h"
#include "network/model.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::kLargestId;
using network::ModelConfig;
using network::ModifiedResNetConfig;
using network::TextTransformerConfig;
using network::VisionTransformerConfig;
using test::data_path;
using test::expect_error;

/// Loads a fixture; placing has then checked every name and shape against the described network.
ModelFile load_fixture(const std::string& name) {
  ModelFile model = load_model_file(data_path(name));
  const network::Model description = network::make_model(model.config);
  EXPECT_EQ(model.weights.tensors.size(), description.parameters.specs().size());
  return model;
}

void expect_same(const TensorView& got, const TensorView& expected) {
  EXPECT_EQ(got.dtype, expected.dtype);
  EXPECT_EQ(got.shape, expected.shape);
  EXPECT_TRUE(std::ranges::equal(got.bytes, expected.bytes));
}

/// The numbers of the OpenAI fixtures are those of their expected_config.json.
TEST(ModelFile, LoadsOpenAiVisionTransformer) {
  const ModelFile model = load_fixture("openai_vit");
  EXPECT_EQ(model.config,
            (ModelConfig{
                .embedding_width = 48,
                .image = VisionTransformerConfig{48, 16, 128, 3, 2, 512, Activation::quick_gelu},
                .text = TextTransformerConfig{16, 512, 128, 2, 3, 512, Activation::quick_gelu}}));
  EXPECT_EQ(model.preprocessing, Preprocessing{.size = 48});
  EXPECT_EQ(model.tokenizer, (TokenizerSpec{.special_tokens = ClipSpecialTokens::openai}));
  EXPECT_EQ(model.provenance.family, "openai");
  EXPECT_EQ(model.provenance.container, "TorchScript");
  EXPECT_EQ(model.provenance.dtype, "float16, float32, int64");
  EXPECT_THAT(model.assumptions, testing::IsEmpty());
  EXPECT_EQ(model.weights.at("visual.conv1.weight").dtype, DType::float16);
  EXPECT_EQ(model.weights.at("ln_final.weight").dtype, DType::float32);
}

TEST(ModelFile, LoadsOpenAiResNet) {
  const ModelFile model = load_fixture("openai_resnet");
  EXPECT_EQ(
      model.config,
      (ModelConfig{.embedding_width = 40,
                   .image = ModifiedResNetConfig{64, 16, {1, 2, 1, 1}, 8},
                   .text = TextTransformerConfig{16, 512, 64, 1, 2, 256, Activation::quick_gelu}}));
  EXPECT_EQ(model.preprocessing.size, 64);
}

TEST(ModelFile, LoadsOpenClipFolder) {
  const ModelFile model = load_fixture("open_clip_vit_safetensors");
  EXPECT_EQ(model.config,
            (ModelConfig{.embedding_width = 48,
                         .image = VisionTransformerConfig{48, 16, 128, 3, 2, 512, Activation::gelu},
                         .text = TextTransformerConfig{16, 512, 64, 2, 2, 256, Activation::gelu}}));
  EXPECT_EQ(model.preprocessing, Preprocessing{.size = 48});
  EXPECT_EQ(model.provenance.family, "open_clip");
  EXPECT_THAT(model.assumptions, testing::IsEmpty());
}

TEST(ModelFileErrors, OfConfigsNameTheirFolder) {
  const auto refuses = [](const std::string& fixture, const std::string& config) {
    const test::TemporaryFolder folder;
    const std::filesystem::path copy = folder.path() / "copy";
    std::filesystem::copy(data_path(fixture), copy);
    write_file(copy / config, R"({"embed_dim": "x", "projection_dim": "x"})");
    try {
      load_model_file(copy);
      ADD_FAILURE() << fixture;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr((copy / config).string()));
    }
  };
  refuses("open_clip_vit_safetensors", "open_clip_config.json");
  refuses("chinese_clip_vit", "model_config.json");
  refuses("eva02_patch8", "model_config.json");
  refuses("hf_clip", "config.json");
  refuses("hf_siglip", "config.json");
}

TEST(ModelFile, LoadsTrainingCheckpointWithQuickGelu) {
  const ModelFile model = load_fixture("open_clip_quickgelu_train_checkpoint");
  EXPECT_EQ(std::get<VisionTransformerConfig>(model.config.image).activation,
            Activation::quick_gelu);
  EXPECT_EQ(std::get<TextTransformerConfig>(model.config.text).activation, Activation::quick_gelu);
  EXPECT_EQ(model.provenance.container, "torch zip");
  EXPECT_EQ(model.provenance.name, "tiny");
  EXPECT_THAT(model.assumptions, testing::ElementsAre(testing::HasSubstr("preprocessing")));
}

/// torch.save keeps a CRC-32 of every storage.
TEST(ModelFile, RefusesATorchFileWhoseWeightsAreDamaged) {
  const test::TemporaryFolder folder;
  std::filesystem::copy(data_path("open_clip_quickgelu_train_checkpoint"), folder.path());
  const std::filesystem::path path = folder.path() / "epoch_3.pt";
  const ModelFile model = load_model_file(path);
  const TensorView& weight = model.weights.at("visual.proj");
  std::string file = read_text_file(path);
  const std::string_view bytes(reinterpret_cast<const char*>(weight.bytes.data()),
                               weight.bytes.size());
  const std::size_t place = file.find(bytes);
  ASSERT_NE(place, std::string::npos);
  file[place + 1] ^= 1;
  write_file(path, file);
  expect_error([&] { load_model_file(path); }, ErrorCode::corrupt_data, "CRC-32");
}

TEST(ModelFile, LoadsHeadsOfWidth80AndATruncatedMlpRatio) {
  const ModelFile model = load_fixture("open_clip_head80_bin");
  EXPECT_EQ(std::get<VisionTransformerConfig>(model.config.image),
            (VisionTransformerConfig{56, 14, 160, 3, 2, 698, Activation::gelu}));
}

TEST(ModelFile, LoadsHuggingFaceFolder) {
  const ModelFile model = load_fixture("hf_clip");
  EXPECT_EQ(
      model.config,
      (ModelConfig{.embedding_width = 48,
                   .image = VisionTransformerConfig{48, 16, 96, 3, 3, 384, Activation::quick_gelu},
                   .text = TextTransformerConfig{16, 512, 64, 2, 2, 256, Activation::quick_gelu}}));
  EXPECT_EQ(std::get<TextTransformerConfig>(model.config.text).end_of_text_id, kLargestId);
  EXPECT_EQ(model.provenance.family, "huggingface_clip");
}

TEST(ModelFile, LoadsSiglip) {
  const ModelFile model = load_fixture("open_clip_siglip");
  const VisionTransformerConfig image{.image_size = 48,
                                      .patch_size = 16,
                                      .width = 96,
                                      .layers = 3,
                                      .heads = 3,
                                      .mlp_width = 384,
                                      .norm_epsilon = 1e-6F,
                                      .class_token = false,
                                      .norm_pre = false,
                                      .patch_bias = true,
                                      .pooling = network::ImagePooling::map,
                                      .projection = network::Projection::none};
  EXPECT_EQ(std::get<VisionTransformerConfig>(model.config.image), image);
  const auto& text = std::get<TextTransformerConfig>(model.config.text);
  EXPECT_FALSE(text.causal);
  EXPECT_EQ(text.pooling, network::TextPooling::last);
  EXPECT_EQ(text.projection, network::Projection::linear);
  EXPECT_TRUE(model.config.logit_bias);
  EXPECT_EQ(model.provenance.family, "open_clip");
  EXPECT_EQ(model.weights.at("visual.attn_pool.latent").shape, Shape({1, 96}));
}

TEST(ModelFile, LoadsConvNext) {
  const ModelFile model = load_fixture("open_clip_convnext");
  EXPECT_EQ(std::get<network::ConvNextConfig>(model.config.image),
            (network::ConvNextConfig{
                .image_size = 64, .layers = {1, 1, 2, 1}, .widths = {16, 32, 64, 128}}));
  const TensorMap source =
      read_safetensors(data_path("open_clip_convnext/open_clip_model.safetensors"));
  const auto got = to_floats(model.weights.at("visual.proj"));
  const auto stored = to_floats(source.at("visual.head.proj.weight"));
  EXPECT_EQ(got[1 * 48 + 5], stored[5 * 128 + 1]);
  EXPECT_THAT(model.assumptions, testing::IsEmpty());
}

/// timm's small ConvNeXts have 1 x 1 convolutions where the others have matrices.
TEST(ModelFile, TakesConvolutionsForMatrices) {
  const test::TemporaryFolder folder;
  const auto source = data_path("open_clip_convnext");
  std::filesystem::copy(source / "open_clip_config.json", folder.path());
  TensorMap tensors = read_safetensors(source / "open_clip_model.safetensors");
  tensors.tensors.at("visual.trunk.stages.0.blocks.0.mlp.fc1.weight").shape = {64, 16, 1, 1};
  write_safetensors(folder.path() / "open_clip_model.safetensors", tensors);
  EXPECT_EQ(
      load_model_file(folder.path()).weights.at("visual.stages.0.blocks.0.mlp.fc1.weight").shape,
      Shape({64, 16}));
}

TEST(ModelFile, LoadsCocaWithoutItsDecoder) {
  const ModelFile model = load_fixture("open_clip_coca");
  const auto& image = std::get<VisionTransformerConfig>(model.config.image);
  EXPECT_EQ(image.pooling, network::ImagePooling::queries);
  EXPECT_EQ(image.pool_queries, 256);
  EXPECT_EQ(image.pool_heads, 3);
  const auto& text = std::get<TextTransformerConfig>(model.config.text);
  EXPECT_EQ(text.pooling, network::TextPooling::class_token);
  EXPECT_EQ(text.context_length, 16);
  EXPECT_EQ(model.weights.at("positional_embedding").shape, Shape({17, 64}));
  EXPECT_THAT(model.assumptions, testing::ElementsAre(testing::HasSubstr("captions")));
}

/// SigLIP's fixture with its tensors changed.
ModelFile load_siglip_with(const std::function<void(TensorMap&)>& change) {
  const test::TemporaryFolder folder;
  const auto source = data_path("open_clip_siglip");
  std::filesystem::copy(source / "open_clip_config.json", folder.path());
  TensorMap tensors = read_safetensors(source / "open_clip_model.safetensors");
  change(tensors);
  write_safetensors(folder.path() / "open_clip_model.safetensors", tensors);
  return load_model_file(folder.path());
}

TEST(ModelFile, TakesALogitBiasOfShapeOne) {
  const ModelFile model = load_siglip_with([](TensorMap& tensors) {
    tensors.add("logit_bias", TensorBuffer({1}, std::vector<float>{-12.5F}));
  });
  EXPECT_EQ(model.weights.at("logit_bias").shape, Shape{});
  EXPECT_EQ(to_floats(model.weights.at("logit_bias")).front(), -12.5F);
  expect_error(
      [] {
        load_siglip_with([](TensorMap& tensors) {
          tensors.add("logit_bias", TensorBuffer({2}, std::vector<float>(2)));
        });
      },
      ErrorCode::invalid_argument, "logit_bias: got [2], expected []");
}

TEST(ModelFile, HasNoLogitBiasWhereTheFileHasNone) {
  const ModelFile model =
      load_siglip_with([](TensorMap& tensors) { tensors.tensors.erase("logit_bias"); });
  EXPECT_FALSE(model.config.logit_bias);
}

TEST(ModelFile, TakesSiglipsTextWithAndWithoutItsPrefix) {
  const ModelFile model = load_siglip_with([](TensorMap& tensors) {
    TensorMap renamed{.storage = tensors.storage};
    for (const auto& [name, view] : tensors.tensors)
      renamed.tensors.emplace(name.starts_with("text.") ? name.substr(5) : name, view);
    tensors = renamed;
  });
  EXPECT_TRUE(model.weights.tensors.contains("text_projection.bias"));
}

TEST(ModelFile, CannotInferATimmTower) {
  const test::TemporaryFolder folder;
  std::filesystem::copy(data_path("open_clip_siglip/open_clip_model.safetensors"), folder.path());
  expect_error([&] { load_model_file(folder.path()); }, ErrorCode::unsupported,
               "expected open_clip_config.json");
}

TEST(ModelFile, StacksAndTransposesHuggingFaceWeights) {
  const ModelFile model = load_fixture("hf_clip");
  const TensorMap source = read_safetensors(data_path("hf_clip/model.safetensors"));
  const auto fused = to_floats(model.weights.at("transformer.resblocks.1.attn.in_proj_weight"));
  const std::size_t part = fused.size() / 3;
  std::size_t begin = 0;
  for (const std::string projection : {"q_proj", "k_proj", "v_proj"}) {
    const auto rows =
        to_floats(source.at("text_model.encoder.layers.1.self_attn." + projection + ".weight"));
    EXPECT_TRUE(std::equal(rows.begin(), rows.end(), fused.begin() + begin)) << projection;
    begin += part;
  }
  const auto got = to_floats(model.weights.at("visual.proj"));
  const auto stored = to_floats(source.at("visual_projection.weight"));
  for (std::size_t row = 0; row < 96; ++row) {
    for (std::size_t column = 0; column < 48; ++column)
      ASSERT_EQ(got[row * 48 + column], stored[column * 96 + row]);
  }
}

TEST(ModelFile, IgnoresHuggingFacesPositionIds) {
  const test::TemporaryFolder folder;
  std::filesystem::copy(data_path("hf_clip/config.json"), folder.path());
  TensorMap tensors = read_safetensors(data_path("hf_clip/model.safetensors"));
  for (const std::string tower : {"text_model", "vision_model"})
    tensors.add(tower + ".embeddings.position_ids", TensorBuffer(DType::int64, {1, 16}));
  write_safetensors(folder.path() / "model.safetensors", tensors);
  EXPECT_FALSE(load_model_file(folder.path()).weights.tensors.empty());
}

TEST(ModelFile, LeavesWeightsInTheMappedFile) {
  const std::string folder = data_path("open_clip_vit_safetensors").string();
  FileBytes source = map_file(folder + "/open_clip_model.safetensors");
  FileBytes config = map_file(folder + "/open_clip_config.json");
  source.name = "open_clip_model.safetensors";
  config.name = "open_clip_config.json";
  const std::vector<FileBytes> files = {source, config};
  const ModelFile model = load_model_folder(files);
  for (const auto& [name, view] : model.weights.tensors) {
    EXPECT_GE(view.bytes.data(), source.bytes.data()) << name;
    EXPECT_LE(view.bytes.data(), source.bytes.data() + source.bytes.size()) << name;
  }
}

TEST(ModelFile, UsesTheConfigBesideANamedFile) {
  const ModelFile model =
      load_model_file(data_path("open_clip_head80_bin/open_clip_pytorch_model.bin"));
  EXPECT_EQ(std::get<VisionTransformerConfig>(model.config.image).heads, 2);
}

TEST(ModelFile, InfersABareOpenClipFileAndSaysWhatItAssumed) {
  const test::TemporaryFolder folder;
  std::filesystem::copy(data_path("open_clip_vit_safetensors/open_clip_model.safetensors"),
                        folder.path() / "any.safetensors");
  const ModelFile model = load_model_file(folder.path() / "any.safetensors");
  EXPECT_EQ(std::get<VisionTransformerConfig>(model.config.image),
            (VisionTransformerConfig{48, 16, 128, 3, 2, 512, Activation::gelu}));
  EXPECT_THAT(model.assumptions, testing::Contains(testing::HasSubstr("GELU was assumed")));
  EXPECT_THAT(model.assumptions, testing::Contains(testing::HasSubstr("heads of width 64")));
}

/// A copy of a fixture whose weights can be changed.
struct EditableModel {
  test::TemporaryFolder folder;
  TensorMap tensors;

  EditableModel() {
    std::filesystem::copy(data_path("open_clip_vit_safetensors/open_clip_config.json"),
                          folder.path() / "open_clip_config.json");
    tensors = read_safetensors(data_path("open_clip_vit_safetensors/open_clip_model.safetensors"));
  }
  ModelFile load() const {
    write_safetensors(folder.path() / "open_clip_model.safetensors", tensors);
    return load_model_file(folder.path());
  }
  void expect_refused(ErrorCode code, const std::string& part) const {
    expect_error([&] { load(); }, code, part);
  }
};

TEST(ModelFile, NamesMissingMisshapedAndUnknownTensorsAtOnce) {
  EditableModel model;
  model.tensors.tensors.erase("ln_final.bias");
  model.tensors.add("visual.proj", TensorBuffer({48, 128}, std::vector<float>(48 * 128)));
  model.tensors.add("visual.surplus", TensorBuffer({1}, std::vector<float>(1)));
  model.expect_refused(ErrorCode::invalid_argument, "missing: ln_final.bias");
  model.expect_refused(ErrorCode::invalid_argument,
                       "misshaped: visual.proj: got [48, 128], expected [128, 48]");
  model.expect_refused(ErrorCode::invalid_argument, "not in the model: visual.surplus");
}

TEST(ModelFile, RefusesIntegersAsWeights) {
  EditableModel model;
  model.tensors.add("logit_scale", TensorBuffer(DType::int32, {}));
  model.expect_refused(ErrorCode::invalid_argument, "logit_scale: got int32");
}

TEST(ModelFile, TakesALogitScaleOfShapeOne) {
  EditableModel model;
  model.tensors.add("logit_scale", TensorBuffer({1}, std::vector<float>{2.5F}));
  EXPECT_EQ(model.load().weights.at("logit_scale").shape, Shape{});
}

TEST(ModelFile, RefusesALogitScaleWhoseExponentialIsNoNumber) {
  EditableModel model;
  model.tensors.add("logit_scale", TensorBuffer({}, std::vector<float>{1000.0F}));
  model.expect_refused(ErrorCode::corrupt_data, "logit_scale: got 1000");
}

/// torch.optim.swa_utils.AveragedModel counts what it has averaged.
TEST(ModelFile, IgnoresTheCounterOfAnAveragedModel) {
  EditableModel model;
  TensorMap renamed{.storage = model.tensors.storage};
  for (const auto& [name, view] : model.tensors.tensors)
    renamed.tensors.emplace("module." + name, view);
  renamed.add("n_averaged", TensorBuffer(DType::int64, {}));
  model.tensors = renamed;
  EXPECT_TRUE(model.load().weights.tensors.contains("visual.proj"));
}

TEST(ModelFile, RefusesChannelsThatMakeNoNumberOfAPixel) {
  const test::TemporaryFolder folder;
  std::filesystem::copy(data_path("hf_clip"), folder.path());
  for (const char* deviations : {"[0, 1, 1]", "[1, -1, 1]", "[1, 1, 1e39]"}) {
    write_file(folder.path() / "preprocessor_config.json",
               R"({"size": 48, "crop_size": 48, "image_std": )" + std::string(deviations) + "}");
    expect_error([&] { load_model_file(folder.path()); }, ErrorCode::corrupt_data,
                 "a standard deviation of");
  }
  for (const char* means : {"[123.7, 116.3, 103.5]", "[0, 1e39, 0]"}) {
    write_file(folder.path() / "preprocessor_config.json",
               R"({"size": 48, "crop_size": 48, "image_mean": )" + std::string(means) + "}");
    expect_error([&] { load_model_file(folder.path()); }, ErrorCode::corrupt_data,
                 "pixels from 0 to 1");
  }
}

TEST(ModelFile, TakesTheTextPrefixOfCustomTextModels) {
  EditableModel model;
  TensorMap renamed{.storage = model.tensors.storage};
  for (const auto& [name, view] : model.tensors.tensors) {
    const bool is_text = !name.starts_with("visual.") && name != "logit_scale";
    renamed.tensors.emplace(is_text ? "text." + name : name, view);
  }
  const TensorView expected = model.tensors.at("ln_final.weight");
  model.tensors = renamed;
  expect_same(model.load().weights.at("ln_final.weight"), expected);
}

TEST(ModelFile, StripsModulePrefixesAndIgnoresBuffers) {
  EditableModel model;
  TensorMap renamed{.storage = model.tensors.storage};
  for (const auto& [name, view] : model.tensors.tensors)
    renamed.tensors.emplace("module." + name, view);
  renamed.add("module.attn_mask", TensorBuffer({2, 2}, std::vector<float>(4)));
  renamed.add("module.text.transformer.embeddings.position_ids",
              TensorBuffer(DType::int64, {1, 7}));
  for (const std::string scalar : {"input_resolution", "context_length", "vocab_size"})
    renamed.add("module." + scalar, TensorBuffer(DType::int64, {}));
  model.tensors = renamed;
  EXPECT_TRUE(model.load().weights.tensors.contains("visual.proj"));
}

TEST(ModelFile, RefusesANameThatIsUnknown) {
  const test::TemporaryFolder folder;
  TensorMap tensors;
  tensors.add("layer.weight", TensorBuffer({1}, std::vector<float>(1)));
  write_safetensors(folder.path() / "model.safetensors", tensors);
  expect_error([&] { load_model_file(folder.path()); }, ErrorCode::unsupported, "layer.weight");
}

TEST(ModelFile, RefusesFoldersWithoutOneCheckpoint) {
  const test::TemporaryFolder folder;
  expect_error([&] { load_model_file(folder.path()); }, ErrorCode::not_found, "no checkpoint");
  expect_error([&] { load_model_file(folder.path() / "absent"); }, ErrorCode::not_found,
               "no such file");
  write_file(folder.path() / "a.pt", "");
  expect_error([&] { load_model_file(folder.path()); }, ErrorCode::corrupt_data, "empty file");
  write_file(folder.path() / "b.pt", "");
  expect_error([&] { load_model_file(folder.path()); }, ErrorCode::invalid_argument, "a.pt, b.pt");
  write_file(folder.path() / "words.txt", "just some text\n");
  expect_error([&] { load_model_file(folder.path() / "words.txt"); }, ErrorCode::unsupported,
               "words.txt");
}

ReferenceEmbeddings some_references() {
  ReferenceEmbeddings references;
  references.texts.push_back({"a cat", {0.6F, 0.8F}});
  references.texts.push_back({"\xe7\x8c\xab", {1.0F, 0.1F}});
  references.picture.width = 2;
  references.picture.height = 1;
  references.picture.rgb = {0, 1, 2, 253, 254, 255};
  references.picture_embedding = {-1.0F, 0.1F};
  return references;
}

TEST(ModelFile, SavesWhatItLoads) {
  const test::TemporaryFolder folder;
  ModelFile saved = load_fixture("open_clip_head80_bin");
  saved.preprocessing.background = {255, 255, 254};
  saved.tokenizer = {TokenizerSpec::Kind::wordpiece, "[PAD]\n[UNK]\n"};
  saved.provenance.licence = "CC0-1.0";
  saved.assumptions = {"Nothing."};
  saved.references = some_references();
  save_model_folder(folder.path() / "model", saved, DType::float16);

  const ModelFile got = load_model_file(folder.path() / "model");
  EXPECT_EQ(got.config, saved.config);
  EXPECT_EQ(got.preprocessing, saved.preprocessing);
  EXPECT_EQ(got.tokenizer, saved.tokenizer);
  EXPECT_EQ(got.provenance.licence, "CC0-1.0");
  EXPECT_EQ(got.provenance.family, "open_clip");
  EXPECT_EQ(got.assumptions, saved.assumptions);
  ASSERT_TRUE(got.references);
  EXPECT_EQ(got.references->texts[1].text, saved.references->texts[1].text);
  EXPECT_EQ(got.references->texts[1].embedding, saved.references->texts[1].embedding);
  EXPECT_EQ(got.references->picture.rgb, saved.references->picture.rgb);
  EXPECT_EQ(got.references->picture_embedding, saved.references->picture_embedding);
  for (const auto& [name, view] : saved.weights.tensors)
    expect_same(got.weights.at(name), convert(view, DType::float16).view());
}

TEST(ModelFile, SavesEveryTower) {
  for (const std::string fixture :
       {"openai_resnet", "hf_clip", "open_clip_siglip", "open_clip_convnext", "open_clip_coca"}) {
    const test::TemporaryFolder folder;
    const ModelFile saved = load_fixture(fixture);
    save_model_folder(folder.path(), saved, DType::float32);
    EXPECT_EQ(load_model_file(folder.path()).config, saved.config) << fixture;
  }
}

TEST(ModelFile, RefusesToSaveWhatDoesNotFit) {
  const test::TemporaryFolder folder;
  ModelFile model = load_fixture("hf_clip");
  model.weights.tensors.erase("visual.proj");
  expect_error([&] { save_model_folder(folder.path(), model, DType::float32); },
               ErrorCode::invalid_argument, "visual.proj");
}

}  // namespace
}  // namespace diptych::checkpoint
