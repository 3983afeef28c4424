#include "checkpoint/export_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "base/mapped_file.h"
#include "checkpoint/containers/container.h"
#include "checkpoint/load.h"
#include "json/json.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::ModifiedResNetConfig;
using network::TextTransformerConfig;
using network::VisionTransformerConfig;
using test::data_path;
using test::expect_error;

void expect_same_weights(const TensorMap& got, const TensorMap& expected, DType dtype) {
  ASSERT_EQ(got.tensors.size(), expected.tensors.size());
  for (const auto& [name, view] : expected.tensors) {
    EXPECT_EQ(got.at(name).dtype, dtype) << name;
    EXPECT_EQ(got.at(name).shape, view.shape) << name;
    EXPECT_EQ(to_floats(got.at(name)), to_floats(view)) << name;
  }
}

struct Case {
  std::string fixture;
  ExportFormat format;
  std::string family;
};

class Export : public testing::TestWithParam<Case> {};

TEST_P(Export, GivesIdenticalTensorsAndConfigWhenLoaded) {
  const test::TemporaryFolder folder;
  const ModelFile model = load_model_file(data_path(GetParam().fixture));
  const Preprocessing expected =
      as_the_form_treats_pictures(model.preprocessing, GetParam().format);
  EXPECT_EQ(export_model(folder.path() / "out", model, GetParam().format, DType::float32).empty(),
            expected == model.preprocessing);
  const ModelFile got = load_model_file(folder.path() / "out");
  EXPECT_EQ(got.config, model.config);
  EXPECT_EQ(got.preprocessing, expected);
  EXPECT_EQ(got.provenance.family, GetParam().family);
  // Nothing is left to be assumed; but a tokenizer that was not there is not there.
  if (GetParam().format != ExportFormat::diptych) {
    EXPECT_THAT(got.assumptions, testing::Each(testing::HasSubstr("given as token ids")));
  }
  expect_same_weights(got.weights, model.weights, DType::float32);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, Export,
    testing::Values(Case{"openai_vit", ExportFormat::openai, "openai"},
                    Case{"openai_vit", ExportFormat::open_clip, "open_clip"},
                    Case{"openai_vit", ExportFormat::huggingface, "huggingface_clip"},
                    Case{"openai_resnet", ExportFormat::openai, "openai"},
                    Case{"openai_resnet", ExportFormat::open_clip, "open_clip"},
                    Case{"hf_clip", ExportFormat::open_clip, "open_clip"},
                    Case{"hf_clip", ExportFormat::huggingface, "huggingface_clip"},
                    Case{"hf_clip", ExportFormat::diptych, "huggingface_clip"},
                    Case{"hf_siglip", ExportFormat::huggingface, "huggingface_siglip"},
                    Case{"hf_siglip", ExportFormat::open_clip, "open_clip"},
                    Case{"hf_metaclip_2", ExportFormat::huggingface, "huggingface_clip"},
                    Case{"open_clip_worldwide", ExportFormat::huggingface, "huggingface_clip"},
                    Case{"open_clip_worldwide", ExportFormat::open_clip, "open_clip"},
                    Case{"open_clip_clipa", ExportFormat::open_clip, "open_clip"},
                    Case{"open_clip_siglip", ExportFormat::open_clip, "open_clip"},
                    Case{"open_clip_siglip", ExportFormat::diptych, "open_clip"},
                    Case{"eva01_fused_qkv", ExportFormat::eva, "eva_clip"},
                    Case{"eva02_rope_swiglu_subln", ExportFormat::eva, "eva_clip"},
                    Case{"eva02_rope_swiglu_subln", ExportFormat::open_clip, "open_clip"},
                    Case{"eva02_rope_swiglu_subln", ExportFormat::diptych, "eva_clip"},
                    Case{"eva02_bigE_postnorm", ExportFormat::open_clip, "open_clip"},
                    Case{"eva_8b_rmsnorm", ExportFormat::diptych, "eva_clip"},
                    Case{"eva_18b_rmsnorm_postnorm", ExportFormat::eva, "eva_clip"},
                    Case{"open_clip_eva02_timm", ExportFormat::eva, "eva_clip"},
                    Case{"open_clip_eva02_timm", ExportFormat::open_clip, "open_clip"},
                    Case{"open_clip_pe_core", ExportFormat::open_clip, "open_clip"},
                    Case{"open_clip_pe_core", ExportFormat::diptych, "open_clip"},
                    Case{"open_clip_pe_core_gigantic", ExportFormat::open_clip, "open_clip"},
                    Case{"open_clip_vitamin", ExportFormat::open_clip, "open_clip"},
                    Case{"open_clip_vitamin", ExportFormat::diptych, "open_clip"},
                    Case{"open_clip_mobileclip", ExportFormat::diptych, "open_clip"},
                    Case{"open_clip_siglip2_naflex", ExportFormat::diptych, "open_clip"},
                    Case{"open_clip_siglip2_naflex", ExportFormat::open_clip, "open_clip"},
                    Case{"open_clip_mobileclip_b", ExportFormat::diptych, "open_clip"},
                    Case{"open_clip_mobileclip_l", ExportFormat::diptych, "open_clip"},
                    Case{"open_clip_mobileclip_l", ExportFormat::open_clip, "open_clip"},
                    Case{"open_clip_mobileclip_five", ExportFormat::diptych, "open_clip"},
                    Case{"chinese_clip_vit", ExportFormat::chinese_clip, "chinese_clip"},
                    Case{"chinese_clip_resnet", ExportFormat::chinese_clip, "chinese_clip"},
                    Case{"hf_chinese_clip", ExportFormat::chinese_clip, "chinese_clip"},
                    Case{"hf_chinese_clip", ExportFormat::diptych, "huggingface_chinese_clip"},
                    Case{"open_clip_xlm_roberta", ExportFormat::diptych, "open_clip_bert"},
                    Case{"open_clip_nllb", ExportFormat::diptych, "open_clip"},
                    Case{"open_clip_nllb_siglip", ExportFormat::diptych, "open_clip"},
                    Case{"open_clip_convnext", ExportFormat::open_clip, "open_clip"},
                    Case{"open_clip_coca", ExportFormat::open_clip, "open_clip"},
                    Case{"open_clip_coca_captions", ExportFormat::open_clip, "open_clip"},
                    Case{"open_clip_coca_captions", ExportFormat::diptych, "open_clip"},
                    Case{"open_clip_head80_bin", ExportFormat::open_clip, "open_clip"},
                    Case{"open_clip_head80_bin", ExportFormat::huggingface, "huggingface_clip"}));

TEST(ExportModel, SaysWhereTheFormTreatsPicturesOtherwise) {
  const test::TemporaryFolder folder;
  const ModelFile openai = load_model_file(data_path("openai_vit"));
  const auto out = folder.path() / "huggingface";
  EXPECT_THAT(export_model(out, openai, ExportFormat::huggingface, DType::float32),
              testing::ElementsAre(testing::HasSubstr("lays transparent ones on white")));
  const ModelFile transformers = load_model_file(out);
  EXPECT_EQ(transformers.preprocessing.conversion, RgbConversion::first);
  EXPECT_EQ(transformers.preprocessing.crop_start, CropStart::down);

  EXPECT_THAT(
      export_model(folder.path() / "back", transformers, ExportFormat::openai, DType::float32),
      testing::ElementsAre(testing::HasSubstr("drops transparency")));
  EXPECT_THAT(
      export_model(folder.path() / "own", transformers, ExportFormat::diptych, DType::float32),
      testing::IsEmpty());
  EXPECT_EQ(load_model_file(folder.path() / "own").preprocessing, transformers.preprocessing);
}

TEST(ExportModel, ConvertsWhileItWrites) {
  const test::TemporaryFolder folder;
  const ModelFile model = load_model_file(data_path("openai_vit"));
  export_model(folder.path(), model, ExportFormat::openai, DType::float16);
  EXPECT_EQ(load_model_file(folder.path()).weights.at("ln_final.weight").dtype, DType::float16);
}

/// The fixture as an OpenAI model would have to be, with one thing changed.
void expect_export_refused(ExportFormat format, const std::string& reason,
                           void (*change)(ModelFile&)) {
  const test::TemporaryFolder folder;
  ModelFile model = load_model_file(data_path("openai_vit"));
  change(model);
  expect_error([&] { export_model(folder.path(), model, format, DType::float32); },
               ErrorCode::unsupported, reason);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(ExportModel, RefusesWhatTheFormatCannotSay) {
  const auto gelu_text = [](ModelFile& model) {
    std::get<TextTransformerConfig>(model.config.text).activation = Activation::gelu;
  };
  const auto more_heads = [](ModelFile& model) {
    std::get<VisionTransformerConfig>(model.config.image).heads = 4;
  };
  const auto background = [](ModelFile& model) { model.preprocessing.background = {0, 0, 0}; };
  const auto chinese = [](ModelFile& model) {
    model.tokenizer.kind = TokenizerSpec::Kind::chinese;
  };
  const auto unmasked = [](ModelFile& model) {
    std::get<TextTransformerConfig>(model.config.text).causal = false;
  };
  const auto no_class_token = [](ModelFile& model) {
    auto& tower = std::get<VisionTransformerConfig>(model.config.image);
    tower.pooling = network::ImagePooling::mean;
    tower.class_token = false;
    model.weights.tensors.erase("visual.class_embedding");
    const Shape table = {9, 128};
    model.weights.add("visual.positional_embedding", TensorBuffer(DType::float32, table));
  };
  expect_export_refused(ExportFormat::openai, "config", gelu_text);
  expect_export_refused(ExportFormat::openai, "config", more_heads);
  expect_export_refused(ExportFormat::openai, "config", background);
  expect_export_refused(ExportFormat::open_clip, "activation", gelu_text);
  expect_export_refused(ExportFormat::open_clip, "background", background);
  expect_export_refused(ExportFormat::open_clip, "tokenizer", chinese);
  expect_export_refused(ExportFormat::open_clip, "image tower", no_class_token);
  expect_export_refused(ExportFormat::openai, "config", unmasked);
  expect_export_refused(ExportFormat::eva, "EVA-CLIP", unmasked);
  expect_export_refused(ExportFormat::huggingface, "text tower", unmasked);
  expect_export_refused(ExportFormat::huggingface, "background", background);
  expect_export_refused(ExportFormat::huggingface, "tokenizer", chinese);
}

/// open_clip's own loader looks for exactly these.
void expect_open_clip_names_and_shapes(const std::string& fixture) {
  const test::TemporaryFolder folder;
  const auto source = data_path(fixture);
  export_model(folder.path(), load_model_file(source), ExportFormat::open_clip, DType::float16);
  const TensorMap got = read_safetensors(folder.path() / "open_clip_model.safetensors");
  const TensorMap expected = read_safetensors(source / "open_clip_model.safetensors");
  ASSERT_EQ(got.tensors.size(), expected.tensors.size());
  for (const auto& [name, view] : expected.tensors)
    EXPECT_EQ(got.at(name).shape, view.shape) << name;
}

TEST(ExportModel, GivesTimmTowersTheNamesAndShapesOfOpenClip) {
  for (const char* fixture : {"open_clip_siglip", "open_clip_eva02_timm", "open_clip_pe_core",
                              "open_clip_vitamin", "open_clip_mobileclip_l"}) {
    SCOPED_TRACE(fixture);
    expect_open_clip_names_and_shapes(fixture);
  }
}

/// Chinese-CLIP's loader takes the tensors' names from under "state_dict", query, key and value
/// apart.
TEST(ExportModel, WritesChineseClipsNames) {
  const test::TemporaryFolder folder;
  const ModelFile model = load_model_file(data_path("chinese_clip_vit"));
  export_model(folder.path(), model, ExportFormat::chinese_clip, DType::float16);
  const auto names = [](const std::filesystem::path& file) {
    std::vector<std::string> result;
    for (const auto& [name, view] : read_container(map_file(file.string())).tensors.tensors)
      result.push_back(name);
    return result;
  };
  EXPECT_EQ(names(folder.path() / "clip_cn.pt"),
            names(data_path("chinese_clip_vit/clip_cn_tiny.pt")));
}

TEST(ExportModel, RefusesWhatChineseClipCannotSay) {
  const auto refuse = [](const std::string& fixture, const auto& change) {
    const test::TemporaryFolder folder;
    ModelFile model = load_model_file(data_path(fixture));
    change(model);
    expect_error(
        [&] { export_model(folder.path(), model, ExportFormat::chinese_clip, DType::float32); },
        ErrorCode::unsupported, "Chinese-CLIP");
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  };
  refuse("openai_vit", [](ModelFile&) {});
  refuse("open_clip_xlm_roberta", [](ModelFile&) {});
  refuse("open_clip_nllb", [](ModelFile&) {});
  refuse("chinese_clip_vit",
         [](ModelFile& model) { model.preprocessing.mode = ResizeMode::shortest; });
  refuse("chinese_clip_vit", [](ModelFile& model) { model.tokenizer = {}; });
  refuse("chinese_clip_vit", [](ModelFile& model) {
    std::get<VisionTransformerConfig>(model.config.image).activation = Activation::gelu;
  });
}

std::set<std::string> names_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.insert(entry.path().filename());
  return names;
}

// As transformers saves it: a module of PyTorch's own holds the pool's weights in one.
TEST(ExportModel, GivesSiglipTheNamesAndShapesOfTransformers) {
  const test::TemporaryFolder folder;
  const auto source = data_path("hf_siglip");
  export_model(folder.path(), load_model_file(source), ExportFormat::huggingface, DType::float32);
  const TensorMap got = read_safetensors(folder.path() / "model.safetensors");
  const TensorMap expected = read_safetensors(source / "model.safetensors");
  ASSERT_EQ(got.tensors.size(), expected.tensors.size());
  for (const auto& [name, view] : expected.tensors) {
    EXPECT_EQ(got.at(name).shape, view.shape) << name;
    EXPECT_EQ(to_floats(got.at(name)), to_floats(view)) << name;
  }
}

/// A model that was trained with `--tokenizer vocab.txt`.
ModelFile with_wordpiece() {
  ModelFile model = load_model_file(data_path("hf_clip_patch8"));
  std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n";
  for (const char* word : {"a", "cat", "two", "##s", "dog"}) vocabulary += std::string(word) + "\n";
  model.tokenizer = {.kind = TokenizerSpec::Kind::wordpiece, .vocabulary = vocabulary};
  std::get<TextTransformerConfig>(model.config.text).end_of_text_id = 3;
  return model;
}

TEST(ExportModel, WritesTheFilesOfAWordPieceForTransformers) {
  const test::TemporaryFolder folder;
  const ModelFile model = with_wordpiece();
  EXPECT_THAT(export_model(folder.path(), model, ExportFormat::huggingface, DType::float32),
              testing::Contains(testing::HasSubstr("a final sigma")));
  const ModelFile read = load_model_file(folder.path());
  EXPECT_EQ(read.config, model.config);
  EXPECT_EQ(read.tokenizer.kind, TokenizerSpec::Kind::wordpiece);
  EXPECT_EQ(read.tokenizer.vocabulary, model.tokenizer.vocabulary);
  EXPECT_EQ(read.tokenizer.wordpiece, model.tokenizer.wordpiece);
  const Json config = Json::parse(read_text_file(folder.path() / "config.json"));
  EXPECT_EQ(config.at("text_config").at("bos_token_id"), 2);
  EXPECT_EQ(config.at("text_config").at("eos_token_id"), 3);
  EXPECT_EQ(config.at("text_config").at("pad_token_id"), 0);
}

TEST(ExportModel, RefusesAWordPieceThatTransformersCannotSay) {
  const auto refuse = [](const std::function<void(TokenizerSpec&)>& change) {
    const test::TemporaryFolder folder;
    ModelFile model = with_wordpiece();
    change(model.tokenizer);
    expect_error(
        [&] {
          export_model(folder.path() / "out", model, ExportFormat::huggingface, DType::float32);
        },
        ErrorCode::unsupported, "tokenizer");
  };
  refuse([](TokenizerSpec& spec) { spec.wordpiece.ends_with_separator = false; });
  refuse([](TokenizerSpec& spec) { spec.cleaning = text::Cleaning::whitespace; });
  refuse([](TokenizerSpec& spec) { spec.vocabulary += "cat\n"; });
}

/// A SigLIP with T5's tokenizer beside it.
class WithTokenizer : public testing::Test {
 protected:
  WithTokenizer() {
    for (const char* file : {"config.json", "model.safetensors"}) copy("hf_siglip", file);
    for (const std::string& file : kFiles) copy("huggingface_tokenizers/t5", file);
  }

  void copy(const std::string& folder, const std::string& file) {
    std::filesystem::copy_file(data_path(folder) / file, source_.path() / file);
  }

  /// The tokenizer's files are in `out` as they were.
  void expect_files(const std::filesystem::path& out) const {
    for (const std::string& file : kFiles)
      EXPECT_EQ(read_text_file(out / file), read_text_file(source_.path() / file)) << file;
  }

  static inline const std::vector<std::string> kFiles = {"tokenizer.json", "tokenizer_config.json"};
  test::TemporaryFolder source_;
  test::TemporaryFolder out_;
};

TEST_F(WithTokenizer, CopiesItsFilesForOpenClipAndTransformers) {
  const ModelFile model = load_model_file(source_.path());
  EXPECT_EQ(model.tokenizer.kind, TokenizerSpec::Kind::sentencepiece);
  for (const char* format : {"open_clip", "huggingface"}) {
    const auto out = out_.path() / format;
    export_model(out, model, export_format(format), DType::float32);
    expect_files(out);
    const ModelFile read = load_model_file(out);
    EXPECT_EQ(read.config, model.config) << format;
    EXPECT_EQ(read.tokenizer.vocabulary, model.tokenizer.vocabulary) << format;
    EXPECT_EQ(read.tokenizer.special, model.tokenizer.special) << format;
    EXPECT_EQ(read.preprocessing,
              as_the_form_treats_pictures(model.preprocessing, export_format(format)))
        << format;
  }
  const Json config = Json::parse(read_text_file(out_.path() / "open_clip/open_clip_config.json"));
  const Json& text = config.at("model_cfg").at("text_cfg");
  EXPECT_EQ(text.at("hf_tokenizer_name"), "local");
  EXPECT_EQ(text.at("tokenizer_kwargs"), (Json{{"clean", "canonicalize"}}));
  // Each program cleans texts in a way of its own.
  EXPECT_EQ(load_model_file(out_.path() / "open_clip").tokenizer.cleaning,
            text::Cleaning::canonicalize);
  EXPECT_EQ(load_model_file(out_.path() / "huggingface").tokenizer.cleaning,
            text::Cleaning::remove_punctuation);
}

// diptych's own form keeps the vocabulary, not the files that other programs want.
TEST_F(WithTokenizer, IsRefusedWhereTheFilesAreGone) {
  const auto own = out_.path() / "own";
  export_model(own, load_model_file(source_.path()), ExportFormat::diptych, DType::float32);
  const ModelFile model = load_model_file(own);
  for (const char* format : {"open_clip", "huggingface"}) {
    const auto out = out_.path() / format;
    expect_error([&] { export_model(out, model, export_format(format), DType::float32); },
                 ErrorCode::unsupported, "; forms that can: diptych");
    EXPECT_FALSE(std::filesystem::exists(out));
  }
}

// Without that open_clip builds a CoCa that fails as soon as it is used.
TEST(ExportModel, HasCocasTowersGiveTheirRows) {
  const test::TemporaryFolder folder;
  export_model(folder.path(), load_model_file(data_path("open_clip_coca_captions")),
               ExportFormat::open_clip, DType::float32);
  const Json config = Json::parse(read_text_file(folder.path() / "open_clip_config.json"));
  EXPECT_EQ(config.at("model_cfg").at("vision_cfg").at("output_tokens"), true);
  EXPECT_EQ(config.at("model_cfg").at("text_cfg").at("output_tokens"), true);
}

TEST(ExportModel, LeavesClipsOwnTokenizerToOpenClip) {
  const test::TemporaryFolder folder;
  export_model(folder.path(), load_model_file(data_path("openai_vit")), ExportFormat::open_clip,
               DType::float32);
  EXPECT_EQ(names_in(folder.path()),
            (std::set<std::string>{"open_clip_config.json", "open_clip_model.safetensors"}));
}

TEST(ExportModel, RefusesBertForOpenAi) {
  const test::TemporaryFolder folder;
  const ModelFile model = load_model_file(data_path("open_clip_xlm_roberta"));
  expect_error([&] { export_model(folder.path(), model, ExportFormat::openai, DType::float32); },
               ErrorCode::unsupported, "OpenAI's form");
}

/// Whatever keeps OpenAI's loader from inferring a model, the message is about the form.
TEST(ExportModel, NamesTheFormsOfWhatOpenAiCannotInfer) {
  const test::TemporaryFolder folder;
  for (const char* fixture : {"open_clip_siglip", "hf_siglip", "open_clip_siglip2_naflex",
                              "eva01_fused_qkv", "open_clip_vitamin", "hf_clip"}) {
    const ModelFile model = load_model_file(data_path(fixture));
    for (const char* part : {"OpenAI's form cannot say", "; forms that can: diptych"})
      expect_error(
          [&] { export_model(folder.path(), model, ExportFormat::openai, DType::float32); },
          ErrorCode::unsupported, part);
  }
}

TEST(ExportModel, RefusesResNetsForHuggingFace) {
  const test::TemporaryFolder folder;
  const ModelFile model = load_model_file(data_path("openai_resnet"));
  expect_error(
      [&] { export_model(folder.path(), model, ExportFormat::huggingface, DType::float32); },
      ErrorCode::unsupported, "image tower");
}

TEST(ExportModel, KnowsItsNames) {
  EXPECT_EQ(export_format("open_clip"), ExportFormat::open_clip);
  expect_error([] { export_format("onnx"); }, ErrorCode::invalid_argument, "huggingface");
}

}  // namespace
}  // namespace diptych::checkpoint
