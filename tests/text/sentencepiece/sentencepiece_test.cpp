#include "text/sentencepiece/sentencepiece.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/mapped_file.h"
#include "support/expect_error.h"
#include "support/support.h"
#include "text/tokenizer_spec.h"

namespace diptych::text {
namespace {

using test::expect_error;
using testing::ElementsAre;

using Ids = std::vector<std::int32_t>;

std::string xlm_roberta_file() {
  return read_text_file(test::data_path("xlm_roberta/sentencepiece.bpe.model"));
}

XlmRoberta make_xlm_roberta() {
  return {xlm_roberta_file(), "test"};
}

/// tests/data/xlm_roberta/make says which references gave the ids.
TEST(XlmRoberta, EqualsTheReferences) {
  const auto tokenizer = make_tokenizer({.kind = TokenizerSpec::Kind::xlm_roberta,
                                         .vocabulary = xlm_roberta_file(),
                                         .cleaning = Cleaning::whitespace},
                                        "test");
  const auto expected =
      nlohmann::json::parse(read_text_file(test::data_path("xlm_roberta/expected.json")));
  for (const auto& entry : expected.at("cases")) {
    const auto text = entry.at("text").get<std::string>();
    EXPECT_EQ(tokenizer->encode(text, expected.at("context")), entry.at("ids").get<Ids>()) << text;
  }
}

TEST(XlmRoberta, NumbersAsFairseq) {
  const XlmRoberta tokenizer = make_xlm_roberta();
  EXPECT_EQ(tokenizer.pad_id(), 1);
  EXPECT_EQ(tokenizer.vocabulary_size(), 122);  // the model's 120, <pad> and <mask>
  EXPECT_THAT(tokenizer.encode("", 8), ElementsAre(0, 2));
  EXPECT_THAT(tokenizer.encode("\xf0\x9f\x90\x88", 8), testing::Contains(3));
  EXPECT_EQ(tokenizer.encode("a photo of a cat", 2), Ids({0, 2}));
}

TEST(XlmRoberta, DecodesWhatItEncodes) {
  const XlmRoberta tokenizer = make_xlm_roberta();
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("  Zwei   Hunde ", 77)), "Zwei Hunde");
  expect_error([&] { tokenizer.decode(Ids{122}); }, ErrorCode::invalid_argument, "less than 122");
  expect_error([&] { tokenizer.decode(Ids{-1}); }, ErrorCode::invalid_argument, "-1");
}

TEST(XlmRoberta, RefusesWhatItCannotTake) {
  const XlmRoberta tokenizer = make_xlm_roberta();
  expect_error([&] { tokenizer.encode("\xff", 8); }, ErrorCode::invalid_argument, "UTF-8");
  expect_error([&] { tokenizer.encode("a", 1); }, ErrorCode::invalid_argument, "at least 2");
}

TEST(XlmRoberta, RefusesFilesThatAreNoModel) {
  const std::string model = xlm_roberta_file();
  expect_error([] { XlmRoberta("", "v"); }, ErrorCode::corrupt_data, "(v)");
  expect_error([] { XlmRoberta("[PAD]\n[UNK]\n", "v"); }, ErrorCode::corrupt_data, "(v)");
  expect_error([&] { XlmRoberta(model.substr(0, model.size() / 2), "v"); }, ErrorCode::corrupt_data,
               "(v)");
}

}  // namespace
}  // namespace diptych::text
