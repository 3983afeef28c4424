#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "diptych/curation.h"
#include "shards/tar.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych {
namespace {

using Json = nlohmann::json;
using test::TemporaryFolder;

class Match : public ::testing::Test {
 protected:
  MatchOptions options(const std::string& texts) {
    write_file(path("entries.txt"), "dog\ncat\n");
    write_file(path("texts.jsonl"), texts);
    MatchOptions options;
    options.entries = path("entries.txt");
    options.texts = {path("texts.jsonl")};
    options.out = path("out.jsonl");
    options.counts = path("counts.json");
    return options;
  }
  std::filesystem::path path(const char* name) const { return folder_.path() / name; }
  std::string output() const { return read_text_file(path("out.jsonl")); }

 private:
  TemporaryFolder folder_;
};

TEST_F(Match, KeepsRecordsAndAddsTheirMatches) {
  const MatchReport report =
      match_texts(options("{\"text\":\"a cat, a dog\", \"n\": 1.50}\n"
                          "\n{\"text\":\"bird\"}\r\n"));
  EXPECT_EQ(output(),
            "{\"text\":\"a cat, a dog\", \"n\": 1.50,\"matches\":[0,1]}\n"
            "{\"text\":\"bird\",\"matches\":[]}\n");
  EXPECT_EQ(read_text_file(path("counts.json")), "[1,1]\n");
  EXPECT_EQ(report.stage.read, 2U);
  EXPECT_EQ(report.stage.written, 2U);
  EXPECT_EQ(report.texts_with_match, 1U);
}

TEST_F(Match, EachTextOfAPictureHasItsOwn) {
  match_texts(options(R"({"key":"k","texts":[{"text":"dog"},{"text":"x"},{"text":"cat"}]})"
                      "\n"));
  EXPECT_EQ(Json::parse(output()).at("matches"), Json::parse("[[0],[],[1]]"));
}

TEST_F(Match, EachLanguageHasItsQueries) {
  MatchOptions match = options(R"({"text":"黑猫","language":"zh"})"
                               "\n"
                               R"({"text":"cat","language":"en"})"
                               "\n");
  write_file(path("zh.txt"), "狗\n猫\n");
  match.language_entries["zh"] = path("zh.txt");
  match_texts(match);
  EXPECT_THAT(output(), ::testing::HasSubstr(R"("language":"zh","matches":[1]})"));
  EXPECT_THAT(output(), ::testing::HasSubstr(R"("language":"en","matches":[1]})"));
  EXPECT_EQ(Json::parse(read_text_file(path("counts.json"))),
            Json::parse(R"({"":[0,1],"zh":[0,1]})"));
}

TEST_F(Match, AScriptOfALanguageHasItsQueries) {
  MatchOptions match = options(R"({"text":"黑貓","language":"zh-Hant"})"
                               "\n"
                               R"({"text":"黑猫","language":"zh"})"
                               "\n");
  write_file(path("zh.txt"), "貓\n");
  match.language_entries["zh"] = path("zh.txt");
  match_texts(match);
  EXPECT_THAT(output(), ::testing::HasSubstr(R"("language":"zh-Hant","matches":[0]})"));
  write_file(path("hant.txt"), "狗\n貓\n");
  match.language_entries["zh-Hant"] = path("hant.txt");
  match.stage.overwrite = true;
  match_texts(match);
  EXPECT_THAT(output(), ::testing::HasSubstr(R"("language":"zh-Hant","matches":[1]})"));
}

TEST_F(Match, CaptionsOfShardsAreTexts) {
  MatchOptions match = options("");
  {
    shards::TarWriter tar(path("s.tar"));
    const auto add = [&](const char* name, std::string_view text) {
      tar.add(name, std::as_bytes(std::span(text)));
    };
    add("a.json", R"({"url": "http://x.org/a", "language": "en", "names": ["dog", "no"]})");
    add("a.txt", "a cat here");
    add("b.jpg", "a picture");
    add("c.txt", "a \"dog\"");
    tar.commit();
  }
  match.texts = {path("s.tar")};
  const MatchReport report = match_texts(match);
  EXPECT_EQ(
      output(),
      R"({"key":"a","url":"http://x.org/a","language":"en","text":"a cat here","matches":[1]})"
      "\n"
      R"({"key":"c","text":"a \"dog\"","matches":[]})"
      "\n");
  EXPECT_EQ(report.stage.read, 3U);
  EXPECT_EQ(report.stage.written, 2U);
  EXPECT_THAT(report.stage.dropped, ::testing::SizeIs(1));  // b has no caption
  match.json_text_key = "names";
  match.stage.overwrite = true;
  match_texts(match);
  const std::string lines = output();
  EXPECT_EQ(Json::parse(lines.substr(0, lines.find('\n'))).at("matches"), Json::parse("[[0],[]]"));
}

TEST_F(Match, EntriesComeFromAPipe) {
  MatchOptions match = options("{\"text\":\"dog\"}\n");
  match.entries = "pipe:echo cat; echo dog";
  match_texts(match);
  EXPECT_THAT(output(), ::testing::HasSubstr("\"matches\":[1]"));
}

TEST_F(Match, BadRecordsAreCountedUnderTheirReason) {
  const MatchReport report =
      match_texts(options("{\"text\":\"dog\"\n[1]\n{\"txt\":\"dog\"}\n{\"text\":3}\n"
                          "{\"text\":\"dog\",\"matches\":[1]}\n{\"text\":\"dog\"}\n"));
  EXPECT_EQ(report.stage.read, 6U);
  EXPECT_EQ(report.stage.written, 1U);
  EXPECT_EQ(report.stage.dropped.at("malformed JSON").count, 1U);
  EXPECT_EQ(report.stage.dropped.at("not an object").count, 1U);
  EXPECT_EQ(report.stage.dropped.at("no text").count, 2U);
  EXPECT_EQ(report.stage.dropped.at("has matches already").count, 1U);
}

TEST_F(Match, JsonAsPythonWritesItIsRead) {
  match_texts(options("{\"text\":\"a dog \\ud83d\",\"score\":NaN}\n"));
  const Json record = Json::parse(output());
  EXPECT_EQ(record.at("matches"), Json::parse("[0]"));
  EXPECT_TRUE(record.at("score").is_null());
}

TEST_F(Match, OfAKeyThatStandsTwiceTheLastCounts) {
  match_texts(options("{\"text\":\"a dog\",\"text\":\"a cat\"}\n"));
  EXPECT_THAT(output(), ::testing::HasSubstr("\"matches\":[1]"));
}

TEST_F(Match, WhatAnotherProcessHasWrittenMeanwhileStays) {
  MatchOptions match = options("{\"text\":\"a dog\"}\n");
  match.stage.progress = [&](std::size_t, std::size_t) { write_file(path("out.jsonl"), "other"); };
  test::expect_error([&] { match_texts(match); }, ErrorCode::invalid_argument, "exists");
  EXPECT_EQ(output(), "other");
}

TEST_F(Match, QueriesWithBlanksAroundThemOrTwiceAreNoted) {
  MatchOptions match = options("{\"text\":\"a dog\"}\n");
  write_file(path("entries.txt"), "dog\ncat \ndog\n");
  EXPECT_THAT(match_texts(match).stage.notes,
              ::testing::ElementsAre(::testing::HasSubstr("with a blank"),
                                     ::testing::HasSubstr("stand in their list before: 1")));
}

TEST_F(Match, IsTheSameWhateverTheThreads) {
  std::string texts;
  for (int i = 0; i < 150'000; ++i) {
    texts += i % 3 == 0 ? "{\"text\":\"a dog\"}\n" : "{\"text\":\"some cat\", \"extra\": [1, 2]}\n";
  }
  MatchOptions match = options(texts);
  match.stage.threads = 1;
  match_texts(match);
  const std::string alone = output();
  match.stage.threads = 5;
  match.stage.overwrite = true;
  match_texts(match);
  EXPECT_EQ(output(), alone);
  EXPECT_EQ(read_text_file(path("counts.json")), "[50000,100000]\n");
}

TEST_F(Match, NothingIsOverwrittenUnasked) {
  const MatchOptions match = options("{\"text\":\"dog\"}\n");
  write_file(path("counts.json"), "mine");
  test::expect_error([&] { match_texts(match); }, ErrorCode::invalid_argument, "counts.json");
  EXPECT_EQ(read_text_file(path("counts.json")), "mine");
}

TEST_F(Match, NothingToMatchIsAnError) {
  const MatchOptions match = options("\n{\"a\":1}\n");
  test::expect_error([&] { match_texts(match); }, ErrorCode::invalid_argument, "1 records");
  EXPECT_FALSE(std::filesystem::exists(path("out.jsonl")));
}

TEST_F(Match, ALanguageWithoutATextIsNoted) {
  MatchOptions match = options("{\"text\":\"dog\",\"language\":\"zh\"}\n");
  write_file(path("zh.txt"), "dog\n");
  for (const char* language : {"zh", "ZH", "de"}) match.language_entries[language] = path("zh.txt");
  EXPECT_THAT(match_texts(match).stage.notes,
              ::testing::ElementsAre("no text is in 'ZH', 'de', which has queries"));
  match.stage = {.overwrite = true, .is_part = true};
  EXPECT_THAT(match_texts(match).stage.notes, ::testing::IsEmpty());
}

TEST_F(Match, EntriesThatAreNoTextsAreRefused) {
  const MatchOptions match = options("{\"text\":\"dog\"}\n");
  const auto refuses = [&](const std::string& entries, const char* what) {
    write_file(path("entries.txt"), entries);
    test::expect_error([&] { match_texts(match); }, ErrorCode::invalid_argument, what);
  };
  refuses("dog\n\xE9t\xE9\n", "not UTF-8 in line 2");
  refuses("{\"a\": \"dog\"}", "entries: got JSON objects");
  refuses("{\"text\": \"dog\"}\n{\"text\": \"cat\"}\n", "entries: got JSON objects");
  refuses("", "entries.txt");
  write_file(path("entries.txt"), std::string(100'000, '['));
  test::expect_error([&] { match_texts(match); }, ErrorCode::corrupt_data, "nested deeper than 32");
  write_file(path("entries.txt"), "{dog}\n");
  EXPECT_NO_THROW(match_texts(match));
}

TEST_F(Match, AnOutputIsNotAnotherOne) {
  MatchOptions match = options("{\"text\":\"dog\"}\n");
  match.counts = path("./out.jsonl");
  test::expect_error([&] { match_texts(match); }, ErrorCode::invalid_argument,
                     "got one file for two of the outputs");
  EXPECT_FALSE(std::filesystem::exists(match.out));
}

}  // namespace
}  // namespace diptych
