#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/program.h"
#include "base/mapped_file.h"
#include "support/support.h"

namespace diptych::test {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

/// The cases of one tokenizer, made by its reference program (fixtures' note in the file).
Json cases(const char* tokenizer) {
  return Json::parse(read_text_file(data_path("tokenizers/expected.json"))).at(tokenizer);
}

void expect_reference_ids(const char* reference, const char* tokenizer) {
  const Json expected = cases(reference);
  std::string input;
  for (const Json& entry : expected) input += entry.at("text").dump() + "\n";
  const ProgramRun run = run_diptych({"tokenize", "--tokenizer", tokenizer}, input);
  ASSERT_EQ(run.status, 0) << run.errors;
  std::istringstream lines(run.output);
  std::string line;
  for (const Json& entry : expected) {
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(Json::parse(line), entry.at("ids")) << entry.at("text");
  }
  EXPECT_FALSE(std::getline(lines, line));
}

TEST(Tokenize, ClipIsOpenClips) {
  expect_reference_ids("clip_bpe", "clip");
}

TEST(Tokenize, ClipIsOpenAis) {
  expect_reference_ids("openai", "openai");
}

TEST(Tokenize, ChineseIsChineseClips) {
  expect_reference_ids("chinese", "chinese");
}

TEST(Tokenize, UnknownWordsAreNoted) {
  const ProgramRun run =
      run_diptych({"tokenize", "--tokenizer", "chinese"}, "\"a cat\"\n\"\u0e41\u0e21\u0e27\"\n");
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.errors,
              HasSubstr("1 of 2 texts (line 2) with words that the tokenizer does not"));
}

TEST(Tokenize, ContextCutsAndPads) {
  const ProgramRun run = run_diptych({"tokenize", "--tokenizer", "clip", "--context", "4"},
                                     "\"a\"\n\"a photo of a cat\"\n");
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(run.output, "[49406,320,49407,0]\n[49406,320,1125,49407]\n");
  EXPECT_THAT(run.errors, HasSubstr("note: 1 of 2 texts (line 2) longer than 4 tokens, and cut"));
}

TEST(Tokenize, ATextThatJustFitsIsNotCut) {
  const ProgramRun run =
      run_diptych({"tokenize", "--tokenizer", "clip", "--context", "4", "--json"},
                  "\"a photo\"\n\"a photo of a cat\"\n");
  ASSERT_EQ(run.status, 0) << run.errors;
  const Json texts = Json::parse(run.output);
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0].at("tokens"), 4);
  EXPECT_EQ(texts[0].at("cut"), false);
  EXPECT_EQ(texts[1].at("line"), 2);
  EXPECT_EQ(texts[1].at("cut"), true);
  EXPECT_EQ(texts[1].at("ids"), (Json{49406, 320, 1125, 49407}));
}

TEST(Tokenize, NoTextIsNoSuccess) {
  const ProgramRun run = run_diptych({"tokenize", "--tokenizer", "clip"}, "");
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("texts: got none"));
}

struct BadLine {
  const char* name;
  std::string input;
};

class BadTokenizeInput : public ::testing::TestWithParam<BadLine> {};

TEST_P(BadTokenizeInput, IsNamedByItsLine) {
  const ProgramRun run =
      run_diptych({"tokenize", "--tokenizer", "clip"}, "\"fine\"\n" + GetParam().input);
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("line 2"));
}

INSTANTIATE_TEST_SUITE_P(Tokenize, BadTokenizeInput,
                         ::testing::Values(BadLine{"NotJson", "cat\n"}, BadLine{"Number", "3\n"},
                                           BadLine{"Unfinished", "\"cat\n"},
                                           BadLine{"Deep", std::string(100'000, '[') + "\n"},
                                           BadLine{"NotUtf8", "\"\xC3(\"\n"},
                                           BadLine{"Empty", "\n\"x\"\n"}),
                         [](const auto& info) { return info.param.name; });

TEST(Tokenize, AnUnknownTokenizerIsWrongUsage) {
  const ProgramRun run = run_diptych({"tokenize", "--tokenizer", "french"});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
}

TEST(Tokenize, TextsThatSpellASpecialTokenAreNoted) {
  const std::string lines = "\"a cat\"\n\"a <|endoftext|> cat\"\n";
  EXPECT_THAT(run_diptych({"tokenize", "--tokenizer", "openai"}, lines).errors,
              HasSubstr("1 of 2 texts (line 2) with what the tokenizer takes for a text's start"));
  EXPECT_EQ(run_diptych({"tokenize", "--tokenizer", "clip"}, lines).errors, "");
}

}  // namespace
}  // namespace diptych::test
