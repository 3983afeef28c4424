#include "checkpoint/unigram_model.h"

#include <gtest/gtest.h>

#include "base/mapped_file.h"
#include "support/expect_error.h"
#include "support/support.h"
#include "text/sentencepiece.h"

namespace diptych::checkpoint {
namespace {

using test::data_path;
using test::expect_error;

Json description() {
  return Json::parse(read_text_file(data_path("xlm_roberta/tokenizer.json")));
}

// The two files describe one tokenizer (tests/data/xlm_roberta/make).
TEST(UnigramModel, GivesTheIdsOfTheModelThatItDescribes) {
  const text::XlmRoberta described(sentencepiece_model(description(), "test"), "test");
  const text::XlmRoberta model(read_text_file(data_path("xlm_roberta/sentencepiece.bpe.model")),
                               "test");
  const Json expected = Json::parse(read_text_file(data_path("xlm_roberta/expected.json")));
  EXPECT_EQ(described.vocabulary_size(), model.vocabulary_size());
  for (const Json& entry : expected.at("cases")) {
    const auto text = entry.at("text").get<std::string>();
    EXPECT_EQ(described.encode(text, 77), model.encode(text, 77)) << text;
  }
}

TEST(UnigramModel, TellsAUnigramModel) {
  EXPECT_TRUE(is_unigram(description()));
  EXPECT_FALSE(is_unigram(Json::parse(R"({"model": {"type": "BPE", "vocab": {}}})")));
  EXPECT_FALSE(is_unigram(Json::parse("[]")));
  EXPECT_FALSE(is_unigram(Json::parse(R"({"model": []})")));
}

TEST(UnigramModel, RefusesOtherTokenizers) {
  const auto refuse = [](const std::string& pointer, const Json& value, ErrorCode code,
                         const std::string& reason) {
    Json json = description();
    json[Json::json_pointer(pointer)] = value;
    expect_error([&] { sentencepiece_model(json, "test"); }, code, reason);
  };
  refuse("/model/type", "BPE", ErrorCode::unsupported, "Unigram");
  refuse("/model/vocab/0/0", "<pad>", ErrorCode::unsupported, "<mask>");
  refuse("/model/vocab", Json::array(), ErrorCode::unsupported, "<mask>");
  refuse("/model/vocab/5", "piece", ErrorCode::corrupt_data, "[piece, score]");
  refuse("/normalizer", nullptr, ErrorCode::unsupported, "precompiled_charsmap");
  refuse("/normalizer/precompiled_charsmap", "!", ErrorCode::unsupported, "precompiled_charsmap");
}

}  // namespace
}  // namespace diptych::checkpoint
