#include "checkpoint/tokenizers/tokenizer_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <span>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "checkpoint/load.h"
#include "checkpoint/model_folder.h"
#include "json/json.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych {
namespace embedded {
std::span<const std::byte> bert_chinese_vocabulary();
}

namespace checkpoint {
namespace {

using test::data_path;
using test::expect_error;
using text::Cleaning;
using Ids = std::vector<std::int32_t>;
using Kind = TokenizerSpec::Kind;

/// A folder with some of the files of a reference tokenizer.
class TokenizerFiles : public testing::Test {
 protected:
  void copy(const std::string& kind, const std::vector<std::string>& names) {
    for (const std::string& name : names)
      std::filesystem::copy_file(source(kind) / name, folder_.path() / name);
  }

  static std::filesystem::path source(const std::string& kind) {
    return data_path("huggingface_tokenizers/" + kind);
  }

  ModelFile bind(const TokenizerSettings& use) const {
    ModelFile model;
    bind_tokenizer_files(ModelFiles(folder_.path()), use, model);
    return model;
  }

  /// open_clip's ids, with transformers' tokenizers (tests/data/huggingface_tokenizers/make).
  static void expect_reference_ids(const TokenizerSpec& spec, const std::string& kind) {
    const auto tokenizer = text::make_tokenizer(spec, "test");
    const Json expected = Json::parse(read_text_file(source(kind) / "expected.json"));
    const int context = expected.at("context");
    for (const Json& entry : expected.at("cases")) {
      const auto text = entry.at("text").get<std::string>();
      Ids ids = tokenizer->encode(text, context);
      ids.resize(static_cast<std::size_t>(context), tokenizer->pad_id());
      EXPECT_EQ(ids, entry.at("ids").get<Ids>()) << kind << ": " << text;
    }
  }

  test::TemporaryFolder folder_;
};

constexpr const char* kJson = "tokenizer.json";
constexpr const char* kSettings = "tokenizer_config.json";

TEST_F(TokenizerFiles, ReadSiglipsFromItsDescription) {
  copy("t5", {kJson, kSettings});
  const ModelFile model = bind({.cleaning = Cleaning::canonicalize});
  EXPECT_EQ(model.tokenizer.kind, Kind::sentencepiece);
  EXPECT_EQ(model.tokenizer.special, (text::SpecialIds{.end = 1, .pad = 1}));
  EXPECT_THAT(model.assumptions, testing::IsEmpty());
  expect_reference_ids(model.tokenizer, "t5");
}

TEST_F(TokenizerFiles, ReadSiglipsFromItsModelAlone) {
  copy("t5", {"spiece.model"});
  const ModelFile model = bind({.cleaning = Cleaning::canonicalize});
  EXPECT_THAT(model.assumptions,
              testing::ElementsAre(testing::HasSubstr("SigLIP's padding was assumed (id 1)")));
  expect_reference_ids(model.tokenizer, "t5");
}

TEST_F(TokenizerFiles, ReadSiglip2sFromItsDescription) {
  copy("gemma", {kJson, kSettings});
  const ModelFile model = bind({.cleaning = Cleaning::canonicalize});
  EXPECT_EQ(model.tokenizer.special, (text::SpecialIds{.end = 1, .pad = 0}));
  EXPECT_THAT(model.assumptions, testing::IsEmpty());
  expect_reference_ids(model.tokenizer, "gemma");
}

TEST_F(TokenizerFiles, ReadSiglip2sFromItsModelAlone) {
  copy("gemma", {"tokenizer.model"});
  expect_reference_ids(bind({.cleaning = Cleaning::canonicalize}).tokenizer, "gemma");
}

TEST_F(TokenizerFiles, ReadClipasWordPiece) {
  copy("wordpiece", {kJson, kSettings});
  const ModelFile model = bind({.strips_separator = true});
  EXPECT_EQ(model.tokenizer.kind, Kind::wordpiece);
  EXPECT_EQ(model.tokenizer.wordpiece.longest_word, 100);
  expect_reference_ids(model.tokenizer, "wordpiece");
}

TEST_F(TokenizerFiles, ReadAVocabularyAlone) {
  write_file(folder_.path() / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n");
  const auto tokenizer = text::make_tokenizer(bind({}).tokenizer, "test");
  EXPECT_EQ(tokenizer->encode("A b", 8), Ids({2, 4, 1, 3}));
}

TEST_F(TokenizerFiles, ReadClipsOwnForm) {
  copy("clip", {kJson});
  const ModelFile model = bind({});  // as open_clip, which repairs a text before it
  EXPECT_EQ(model.tokenizer.kind, Kind::clip);
  EXPECT_THAT(model.tokenizer.vocabulary, testing::StartsWith("a t</w>\n"));
  const auto tokenizer = text::make_tokenizer(model.tokenizer, "test");
  const Json expected = Json::parse(read_text_file(source("clip") / "expected.json"));
  const int context = expected.at("context");
  for (const Json& entry : expected.at("cases")) {
    const auto text = entry.at("text").get<std::string>();
    Ids ids = tokenizer->encode(text, context);
    ids.resize(static_cast<std::size_t>(context), tokenizer->vocabulary_size() - 1);  // its padding
    EXPECT_EQ(ids, entry.at("ids").get<Ids>()) << text;
  }
}

TEST_F(TokenizerFiles, ReadRobertas) {
  copy("roberta", {kJson, kSettings});
  const ModelFile model = bind({});
  EXPECT_EQ(model.tokenizer.kind, Kind::byte_level_bpe);
  EXPECT_EQ(model.tokenizer.special, (text::SpecialIds{.start = 0, .end = 2, .pad = 1}));
  EXPECT_THAT(model.assumptions, testing::IsEmpty());
  expect_reference_ids(model.tokenizer, "roberta");
}

TEST_F(TokenizerFiles, CanBeNamedInPlaceOfWhatAModelLacks) {
  struct Named {
    const char* path;
    Kind kind;
  };
  const Named all[] = {{"roberta/tokenizer.json", Kind::byte_level_bpe},
                       {"roberta", Kind::byte_level_bpe},
                       {"t5/spiece.model", Kind::sentencepiece},
                       {"roberta/merges.txt", Kind::wordpiece}};
  for (const Named& named : all) {
    ModelFile model = bind({.name = "FacebookAI/roberta-base"});  // without files
    ASSERT_EQ(model.assumptions.size(), 1U);
    take_tokenizer(source("") / named.path, model);
    EXPECT_EQ(model.tokenizer.kind, named.kind) << named.path;
    for (const std::string& sentence : model.assumptions)
      EXPECT_THAT(sentence, testing::Not(testing::HasSubstr("No file of the tokenizer")))
          << named.path;
  }
  ModelFile model;
  expect_error([&] { take_tokenizer(folder_.path(), model); }, ErrorCode::invalid_argument,
               "tokenizer.json");
}

TEST_F(TokenizerFiles, ReadRobertasTokensAndMerges) {
  copy("roberta", {"vocab.json", "merges.txt"});
  const ModelFile model = bind({});
  EXPECT_EQ(model.tokenizer.special, (text::SpecialIds{.start = 0, .end = 2, .pad = 1}));
  expect_reference_ids(model.tokenizer, "roberta");
}

// CLIP's files bear the same names.
TEST_F(TokenizerFiles, DoNotTakeClipsTokensForRobertas) {
  write_file(folder_.path() / "vocab.json", R"({"a": 0, "<|startoftext|>": 1})");
  write_file(folder_.path() / "merges.txt", "#version: 0.2\n");
  EXPECT_EQ(bind({}).tokenizer.kind, Kind::none);
}

ModelFile over_nllb() {
  ModelFile model;
  model.config.text = network::TextTransformerConfig{
      .causal = false, .pooling = network::TextPooling::first, .pad_id = 1, .sinusoids = true};
  return model;
}

// The first id is that of eng_Latn, the last that of </s>.
TEST_F(TokenizerFiles, ReadNllbs) {
  copy("nllb", {kJson, kSettings});
  ModelFile model = over_nllb();
  bind_tokenizer_files(ModelFiles(folder_.path()), {}, model);
  EXPECT_EQ(model.tokenizer.kind, Kind::sentencepiece);
  EXPECT_EQ(model.tokenizer.special, (text::SpecialIds{.start = 302, .end = 2, .pad = 1}));
  EXPECT_THAT(model.assumptions, testing::IsEmpty());
  expect_reference_ids(model.tokenizer, "nllb");
}

/// The folder's settings and description, changed.
void change(const std::filesystem::path& file, const std::string& pointer, const Json& value) {
  Json json = Json::parse(read_text_file(file));
  json[Json::json_pointer(pointer)] = value;
  write_file(file, json.dump());
}

TEST_F(TokenizerFiles, MayNameNllbsLanguage) {
  copy("nllb", {kJson, kSettings});
  ModelFile model = over_nllb();
  change(folder_.path() / kSettings, "/src_lang", "rus_Cyrl");
  bind_tokenizer_files(ModelFiles(folder_.path()), {}, model);
  EXPECT_EQ(model.tokenizer.special.start, 304);
  const auto refuse = [&](const char* field, const Json& value, ErrorCode code) {
    change(folder_.path() / kSettings, std::string("/") + field, value);
    expect_error([&] { bind_tokenizer_files(ModelFiles(folder_.path()), {}, model); }, code, field);
  };
  refuse("src_lang", "tlh_Latn", ErrorCode::corrupt_data);
  refuse("legacy_behaviour", true, ErrorCode::unsupported);
}

// As facebook/nllb-200-distilled-600M's tokenizer.json has it; transformers overrules that.
TEST_F(TokenizerFiles, PutNllbsLanguageFirstWhereTheFileHasItLast) {
  copy("nllb", {kJson, kSettings});
  const Json single =
      Json::parse(read_text_file(folder_.path() / kJson))["post_processor"]["single"];
  change(folder_.path() / kJson, "/post_processor/single", {single[1], single[2], single[0]});
  ModelFile model = over_nllb();
  bind_tokenizer_files(ModelFiles(folder_.path()), {}, model);
  EXPECT_EQ(model.tokenizer.special, (text::SpecialIds{.start = 302, .end = 2, .pad = 1}));
}

// Its SentencePiece model is like XLM-R's and has no languages.
TEST_F(TokenizerFiles, DoNotTakeNllbsModelForXlmRobertas) {
  std::filesystem::copy_file(data_path("xlm_roberta/sentencepiece.bpe.model"),
                             folder_.path() / "sentencepiece.bpe.model");
  ModelFile model = over_nllb();
  bind_tokenizer_files(ModelFiles(folder_.path()), {}, model);
  EXPECT_EQ(model.tokenizer.kind, Kind::none);
}

TEST_F(TokenizerFiles, AreRefusedWhereWordPieceIsToldToReadOtherTexts) {
  copy("wordpiece", {kSettings});
  std::string vocabulary;
  for (const char* token : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"})
    vocabulary += std::string(token) + "\n";
  write_file(folder_.path() / "vocab.txt", vocabulary);
  EXPECT_EQ(bind({}).tokenizer.kind, Kind::wordpiece);
  for (const char* field : {"do_lower_case", "strip_accents", "tokenize_chinese_chars"}) {
    const Json before = Json::parse(read_text_file(folder_.path() / kSettings))[field];
    change(folder_.path() / kSettings, std::string("/") + field, false);
    expect_error([&] { bind({}); }, ErrorCode::unsupported, field);
    change(folder_.path() / kSettings, std::string("/") + field, before);
  }
  change(folder_.path() / kSettings, "/cls_token", "[MASK]");
  expect_error([&] { bind({}); }, ErrorCode::unsupported, "cls_token: got [MASK], expected [CLS]");
}

TEST_F(TokenizerFiles, BesideChineseClipAreTakenWhereTheyAreOthers) {
  const auto bound = [&] {
    ModelFile model;
    model.tokenizer = {.kind = Kind::chinese};
    bind_chinese_tokenizer(ModelFiles(folder_.path()), model);
    return model.tokenizer.kind;
  };
  EXPECT_EQ(bound(), Kind::chinese);
  const auto bytes = embedded::bert_chinese_vocabulary();
  std::string own(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  write_file(folder_.path() / "vocab.txt", own);
  EXPECT_EQ(bound(), Kind::chinese);
  write_file(folder_.path() / "vocab.txt", own.substr(0, own.size() - 1));
  EXPECT_EQ(bound(), Kind::chinese);
  own.insert(own.find("[unused2]"), "x");
  write_file(folder_.path() / "vocab.txt", own);
  EXPECT_EQ(bound(), Kind::wordpiece);
  write_file(folder_.path() / kSettings, R"({"do_lower_case": false})");
  expect_error([&] { bound(); }, ErrorCode::unsupported, "do_lower_case");
}

TEST_F(TokenizerFiles, ThatCutTextsAtTheirStartAreAnAssumption) {
  copy("clip", {kJson, kSettings});
  EXPECT_THAT(bind({}).assumptions, testing::IsEmpty());
  change(folder_.path() / kSettings, "/truncation_side", "left");
  const auto is_said = testing::ElementsAre(testing::HasSubstr("at their start"));
  EXPECT_THAT(bind({}).assumptions, is_said);
  change(folder_.path() / kSettings, "/truncation_side", "right");
  change(folder_.path() / kJson, "/truncation", {{"direction", "Left"}, {"max_length", 8}});
  EXPECT_THAT(bind({}).assumptions, is_said);
}

TEST_F(TokenizerFiles, AreSavedWithTheModel) {
  for (const std::string kind : {"t5", "gemma", "wordpiece", "clip", "nllb", "roberta"}) {
    const test::TemporaryFolder folder;
    std::filesystem::copy(source(kind) / kJson, folder.path() / kJson);
    ModelFile model = load_model_file(data_path("open_clip_vit_safetensors"));
    bind_tokenizer_files(ModelFiles(folder.path()), {.cleaning = Cleaning::lower}, model);
    save_model_folder(folder.path() / "saved", model, DType::float32);
    EXPECT_EQ(load_model_file(folder.path() / "saved").tokenizer, model.tokenizer) << kind;
  }
}

TEST_F(TokenizerFiles, AreMissedByName) {
  const ModelFile model = bind({.name = "google/mt5-base"});
  EXPECT_EQ(model.tokenizer.kind, Kind::none);
  EXPECT_THAT(model.assumptions,
              testing::ElementsAre(testing::AllOf(testing::HasSubstr("google/mt5-base"),
                                                  testing::HasSubstr("token ids"))));
}

TEST_F(TokenizerFiles, MayNotNameAPaddingThatIsNoPiece) {
  copy("t5", {"spiece.model"});
  write_file(folder_.path() / kSettings, R"({"pad_token": {"content": "<filler>"}})");
  expect_error([&] { bind({}); }, ErrorCode::corrupt_data, "<filler>");
}

}  // namespace
}  // namespace checkpoint
}  // namespace diptych
