#include "checkpoint/tokenizers/huggingface_tokenizer.h"

#include <gtest/gtest.h>

#include "base/mapped_file.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

using test::data_path;
using test::expect_error;

Json description(const std::string& file) {
  return Json::parse(read_text_file(data_path(file)));
}

/// The description with one change is refused.
void refuse(const std::string& file, const std::string& pointer, const Json& value, ErrorCode code,
            const std::string& reason) {
  Json json = description(file);
  json[Json::json_pointer(pointer)] = value;
  expect_error([&] { read_huggingface_tokenizer(json, "test"); }, code, reason);
}

// The two files describe one tokenizer (tests/data/xlm_roberta/make).
TEST(HuggingFaceTokenizer, ReadsXlmRobertasIds) {
  const auto spec = read_huggingface_tokenizer(description("xlm_roberta/tokenizer.json"), "test");
  EXPECT_EQ(spec.kind, text::TokenizerSpec::Kind::xlm_roberta);
  const text::XlmRoberta described(spec.vocabulary, "test");
  const text::XlmRoberta model(read_text_file(data_path("xlm_roberta/sentencepiece.bpe.model")),
                               "test");
  const Json expected = description("xlm_roberta/expected.json");
  EXPECT_EQ(described.vocabulary_size(), model.vocabulary_size());
  for (const Json& entry : expected.at("cases")) {
    const auto text = entry.at("text").get<std::string>();
    EXPECT_EQ(described.encode(text, 77), model.encode(text, 77)) << text;
  }
}

TEST(HuggingFaceTokenizer, RefusesOtherKinds) {
  const char* file = "xlm_roberta/tokenizer.json";
  refuse(file, "/model/type", "WordLevel", ErrorCode::unsupported, "WordPiece, Unigram or BPE");
  refuse(file, "/model", "BPE", ErrorCode::unsupported, "model.type");
  expect_error([] { read_huggingface_tokenizer(Json::array(), "test"); }, ErrorCode::unsupported,
               "(test)");
}

TEST(HuggingFaceTokenizer, RefusesUnigramModelsThatItCannotRun) {
  const char* file = "huggingface_tokenizers/t5/tokenizer.json";
  refuse(file, "/model/vocab/5", "piece", ErrorCode::corrupt_data, "[piece, score]");
  refuse(file, "/model/vocab/5/0", "", ErrorCode::corrupt_data, "0 bytes");
  refuse(file, "/model/unk_id", nullptr, ErrorCode::unsupported, "unk_id");
  refuse(file, "/model/unk_id", 1000, ErrorCode::unsupported, "unk_id");
  refuse(file, "/model/byte_fallback", true, ErrorCode::unsupported, "byte_fallback");
  refuse(file, "/normalizer", {{"type", "NFKC"}}, ErrorCode::unsupported, "NFKC");
  refuse(file, "/normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", "!"}},
         ErrorCode::corrupt_data, "base64");
  refuse(file, "/normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", "AAAAAA=="}},
         ErrorCode::corrupt_data, "character map");
  refuse(file, "/pre_tokenizer", {{"type", "Whitespace"}}, ErrorCode::unsupported, "Whitespace");
  refuse(file, "/post_processor/type", "Other", ErrorCode::unsupported, "post_processor");
  refuse(file, "/added_tokens/0/id", 5000, ErrorCode::corrupt_data, "continue the vocabulary");
  refuse(file, "/added_tokens/0/id", -1, ErrorCode::corrupt_data, "added_tokens");
}

TEST(HuggingFaceTokenizer, RefusesBpeThatItCannotRun) {
  const char* file = "huggingface_tokenizers/gemma/tokenizer.json";
  refuse(file, "/model/vocab/a", 100000, ErrorCode::corrupt_data, "ids from 0 on");
  refuse(file, "/model/vocab/a", 0, ErrorCode::corrupt_data, "ids from 0 on");
  refuse(file, "/model/vocab", "none", ErrorCode::corrupt_data, "an object of tokens");
  refuse(file, "/model/merges/0", "alone", ErrorCode::corrupt_data, "two tokens");
  refuse(file, "/model/merges", 3, ErrorCode::corrupt_data, "an array");
  refuse(file, "/normalizer", nullptr, ErrorCode::unsupported, "spaces replaced");
}

TEST(HuggingFaceTokenizer, RefusesByteLevelBpeThatItCannotRun) {
  const char* file = "huggingface_tokenizers/roberta/tokenizer.json";
  refuse(file, "/pre_tokenizer/add_prefix_space", true, ErrorCode::unsupported, "pre_tokenizer");
  refuse(file, "/pre_tokenizer/use_regex", false, ErrorCode::unsupported, "pre_tokenizer");
  refuse(file, "/normalizer", {{"type", "NFC"}}, ErrorCode::unsupported, "normalizer");
  refuse(file, "/model/continuing_subword_prefix", "##", ErrorCode::unsupported, "marks");
  refuse(file, "/model/ignore_merges", true, ErrorCode::unsupported, "ignore_merges");
  refuse(file, "/model/vocab/<mask>", 0, ErrorCode::corrupt_data, "ids from 0 on");
  refuse(file, "/model/merges/0", {"\n", "a"}, ErrorCode::corrupt_data, "line break");
  refuse(file, "/post_processor", nullptr, ErrorCode::unsupported, "post_processor");
  refuse(file, "/post_processor/cls", "<s>", ErrorCode::unsupported, "post_processor");
}

TEST(HuggingFaceTokenizer, RefusesWordPieceThatIsNotBerts) {
  const char* file = "huggingface_tokenizers/wordpiece/tokenizer.json";
  refuse(file, "/normalizer/lowercase", false, ErrorCode::unsupported, "lower case");
  refuse(file, "/normalizer/strip_accents", false, ErrorCode::unsupported, "BertNormalizer");
  refuse(file, "/model/continuing_subword_prefix", "@@", ErrorCode::unsupported, "@@");
  Json json = description(file);
  json["model"]["vocab"]["line\nbreak"] = json["model"]["vocab"].size();
  expect_error([&] { read_huggingface_tokenizer(json, "test"); }, ErrorCode::corrupt_data,
               "no line break");
}

// transformers' own ids (tests/data/huggingface_tokenizers/make).
TEST(HuggingFaceTokenizer, CutsOutTokensThatWereAddedToClips) {
  const Json added = description("huggingface_tokenizers/clip/added.json");
  Json json = description("huggingface_tokenizers/clip/tokenizer.json");
  json["added_tokens"] = added["added_tokens"];
  auto spec = read_huggingface_tokenizer(json, "test");
  spec.as_transformers = true;
  const auto tokenizer = text::make_tokenizer(spec, "test");
  EXPECT_EQ(tokenizer->vocabulary_size(), 536);
  for (const Json& entry : added.at("cases")) {
    const auto ids = entry.at("ids").get<std::vector<std::int32_t>>();
    EXPECT_EQ(tokenizer->encode(entry.at("text").get<std::string>(), 77), ids) << entry;
  }
  EXPECT_EQ(tokenizer->decode(std::vector<std::int32_t>{530, 320, 532, 531}), "a <cat-toy> ");
  spec.as_transformers = false;
  expect_error([&] { text::make_tokenizer(spec, "test"); }, ErrorCode::unsupported, "added tokens");
}

TEST(HuggingFaceTokenizer, RefusesAddedTokensThatItCannotCutOut) {
  const char* file = "huggingface_tokenizers/clip/tokenizer.json";
  const auto added = [](const Json& more) {
    Json token = {{"id", 532}, {"content", "<new>"}};
    token.update(more);
    return Json::array({token});
  };
  refuse(file, "/added_tokens", added({{"lstrip", true}}), ErrorCode::unsupported, "blanks");
  refuse(file, "/added_tokens", added({{"content", "a\nb"}}), ErrorCode::corrupt_data, "one line");
  refuse(file, "/added_tokens", added({{"id", 1}}), ErrorCode::corrupt_data, "by this id");
  refuse(file, "/added_tokens", added({{"id", -1}}), ErrorCode::corrupt_data, "an id");
}

TEST(HuggingFaceTokenizer, RefusesClipInAnotherOrder) {
  const char* file = "huggingface_tokenizers/clip/tokenizer.json";
  Json json = description(file);
  std::swap(json["model"]["vocab"]["!"], json["model"]["vocab"]["\""]);
  expect_error([&] { read_huggingface_tokenizer(json, "test"); }, ErrorCode::unsupported,
               "bytes in CLIP's order");
  json = description(file);
  std::swap(json["model"]["merges"][0], json["model"]["merges"][1]);
  expect_error([&] { read_huggingface_tokenizer(json, "test"); }, ErrorCode::unsupported,
               "in the order of their tokens");
  json = description(file);
  json["model"]["vocab"]["more"] = json["model"]["vocab"].size();
  expect_error([&] { read_huggingface_tokenizer(json, "test"); }, ErrorCode::unsupported,
               "<|endoftext|> last");
}

}  // namespace
}  // namespace diptych::checkpoint
