#include "diptych/queries.h"

#include <bzlib.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lzma.h>

#include <cmath>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "curate/external_counter.h"
#include "curate/wiki_dump.h"
#include "curate/word_splitter.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::curate {
namespace {

using ::testing::ElementsAre;

std::string page(const std::string& title, const std::string& text, const std::string& ns = "0",
                 const std::string& more = "") {
  return "<page>\n<title>" + title + "</title>\n<ns>" + ns + "</ns>" + more +
         "<revision><text bytes=\"1\">" + text + "</text></revision></page>\n";
}

std::string bzip2(std::string text) {
  std::string packed(text.size() + 1000, '\0');
  auto size = static_cast<unsigned>(packed.size());
  BZ2_bzBuffToBuffCompress(packed.data(), &size, text.data(), static_cast<unsigned>(text.size()), 9,
                           0, 0);
  return packed.substr(0, size);
}

std::string xz(const std::string& text) {
  std::string packed(text.size() + 1000, '\0');
  std::size_t size = 0;
  lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, nullptr,
                          reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                          reinterpret_cast<std::uint8_t*>(packed.data()), &size, packed.size());
  return packed.substr(0, size);
}

class QueriesTest : public ::testing::Test {
 protected:
  QueriesTest() {
    options_.numbers = false;
    options_.least_words = 1;
    options_.least_information = -100.0;
    options_.out = folder_.path() / "out.txt";
    options_.stage.overwrite = true;
  }
  std::filesystem::path write(const std::string& name, const std::string& text) {
    write_file(folder_.path() / name, text);
    return folder_.path() / name;
  }
  std::string result() const { return read_text_file(options_.out); }

  diptych::test::TemporaryFolder folder_;
  QueryOptions options_;
};

TEST_F(QueriesTest, CountsWordsAndPairsOfArticles) {
  options_.dumps = {write("d.xml", "<mediawiki>" + page("A", "red cat, red cat. Red &amp; cat") +
                                       page("B", "other", "4") +
                                       page("C", "gone", "0", "<redirect title=\"A\" />") +
                                       "</mediawiki>")};
  const QueryReport report = make_queries(options_);
  EXPECT_EQ(report.words, 6U);
  EXPECT_EQ(report.pages.read, 3U);
  EXPECT_EQ(report.pages.written, 1U);
  EXPECT_EQ(result(), "cat\nred\nRed\nred cat\n");  // by count; "cat red" has a mark between
  EXPECT_DOUBLE_EQ(report.sources.at(1).least, std::log2(2.0 * 6 / (2 * 3)));
  options_.least_words = 2;
  options_.least_information = 1.5;
  make_queries(options_);
  EXPECT_EQ(result(), "cat\nred\n");
}

TEST_F(QueriesTest, APackedDumpAndLittleMemoryGiveTheSame) {
  std::string dump = "<mediawiki>";
  for (int i = 0; i < 4000; ++i)
    dump += page("T", "word" + std::to_string(i % 701) + " and more" + std::to_string(i % 997));
  options_.dumps = {write("d.xml", dump)};
  make_queries(options_);
  const std::string expected = result();
  for (const std::string& packed :
       {bzip2(dump.substr(0, 1000)) + bzip2(dump.substr(1000)), xz(dump)}) {
    options_.dumps = {write("d.packed", packed)};
    options_.memory = 1;
    make_queries(options_);
    EXPECT_EQ(result(), expected);
    options_.dumps = {write("d.cut", packed.substr(0, packed.size() - 10))};
    EXPECT_EQ(make_queries(options_).pages.dropped.at("damaged file").count, 1U);
  }
}

TEST_F(QueriesTest, SourcesComeInOrderAndNothingTwice) {
  options_.numbers = true;
  options_.lists = {write("own.txt", "7\nown\n")};
  for (const char* file : {"data.verb", "data.adj", "data.adv"}) write(file, "  1 licence\n");
  write("data.noun",
        "  1 This software\n00001740 03 n 02 Ice_Cream 0 frozen 0 001 @ 1 n 0000 | sweet\n"
        "00001741 03 n 01 U.S. 0 000 | a country\n00001742 03 a 01 galore(ip) 0 000 | many\n");
  options_.wordnet = folder_.path();
  options_.pageviews = {
      write("p1",
            "en Main_Page 60 0\nen Few 49 0\nen Talk:X 900 0\nde Haus 900 0\nen own 80 0\nbad\n"),
      write("p2", "en Main_Page 60 0\nen Once 60 0\n")};
  const QueryReport report = make_queries(options_);
  const std::string text = result();
  EXPECT_TRUE(text.starts_with("7\nown\n0\n1\n"));
  EXPECT_TRUE(text.ends_with("\n99\nice cream\nu\ngalore\nMain Page\n"));
  EXPECT_EQ(report.rows.dropped.at("no row of pageviews").count, 1U);
  EXPECT_EQ(report.sources.back().found, 3U);   // Main Page, own, Once
  EXPECT_EQ(report.sources.back().enough, 2U);  // Once has 60 views
  EXPECT_EQ(report.sources.back().known, 1U);   // own
  options_.most = 5;
  EXPECT_EQ(make_queries(options_).written, 5U);
}

TEST_F(QueriesTest, NothingFoundIsAnError) {
  options_.dumps = {write("d.xml", "no pages")};
  EXPECT_THROW(make_queries(options_), Error);
  options_.dumps.clear();
  EXPECT_THROW(make_queries(options_), Error);
}

TEST_F(QueriesTest, WhatIsNoDumpIsNamed) {
  options_.numbers = true;
  const auto refuses = [&](const std::filesystem::path& dump, ErrorCode code, const char* what) {
    options_.dumps = {dump};
    test::expect_error([&] { make_queries(options_); }, code, what);
  };
  refuses(write("own.txt", "my own words\n"), ErrorCode::invalid_argument, "own.txt");
  refuses("nothere.xml", ErrorCode::not_found, "nothere.xml");
  EXPECT_FALSE(std::filesystem::exists(options_.out));
}

TEST_F(QueriesTest, DumpsComeFromPipes) {
  const std::filesystem::path dump = write("d.xml", page("A", "some words, some words"));
  options_.dumps = {"pipe:cat '" + dump.string() + "'"};
  EXPECT_EQ(make_queries(options_).pages.written, 1U);
}

TEST_F(QueriesTest, BlankLinesOfAListAreCounted) {
  options_.lists = {write("list.txt", "dog\n\n \ncat\n")};
  const QueryReport report = make_queries(options_);
  EXPECT_EQ(report.sources.front().found, 2U);
  EXPECT_THAT(report.rows.notes, ::testing::Contains(::testing::HasSubstr("passed over: 2")));
}

TEST(WikiDump, ReadsPiecesOfAnySize) {
  const std::string dump = "x" + page("A &amp; B", "one") + page("C", "two") + "<page>cut";
  for (std::size_t size = 1; size < 40; size += 3) {
    std::vector<std::string> seen;
    WikiDump reader([&](const WikiPage& found) {
      seen.push_back(std::string(found.title) + ":" + std::string(found.text));
    });
    for (std::size_t at = 0; at < dump.size(); at += size)
      reader.read(std::string_view(dump).substr(at, size));
    EXPECT_THAT(seen, ElementsAre("A & B:one", "C:two")) << size;
    EXPECT_TRUE(reader.is_within_page());
  }
}

TEST(WikiText, KeepsWhatAReaderSees) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"a {{b|{{c}}|[[d]]}} e", "a  e"},
      {"[[Cat|the cats]] and [[Dog]]s", "the cats and Dogs"},
      {"[[File:x.jpg|thumb|a [[cat]]]] b", " b"},
      {"[http://x.org a site] [1]", "a site] 1]"},
      {"a<ref name=\"x\">no</ref>b<br/>c<!-- d -->e", "a b ce"},
      {"{| class\n| x\n|}y", "y"},
      {"'''bold''' == Head ==", " 'bold '   Head  "},
      {"a [[never closed\n\nb", "a never closed\n\nb"},
      {"a {{never closed\n== H ==\nb", "a \n  H  \nb"},
      {"a < b <ref>open", "a   b  open"}};
  for (const auto& [markup, text] : cases) EXPECT_EQ(wiki_plain_text(markup), text) << markup;
}

std::vector<std::string> words_of(std::string_view language, std::string_view text) {
  std::vector<std::string> words;
  WordSplitter(language).split(text, [&](std::string_view word, bool follows) {
    words.push_back((follows ? "+" : "") + std::string(word));
  });
  return words;
}

TEST(WordSplitter, CutsAtWhatIsNoLetter) {
  EXPECT_THAT(words_of("en", "Don't well-known  (cats), dogs\nx -y z- w"),
              ElementsAre("Don't", "+well-known", "cats", "dogs", "x", "y", "+z", "w"));
  EXPECT_THAT(words_of("ru", "кот и café\xFF\xFE x"), ElementsAre("кот", "+и", "+café", "x"));
}

TEST(WordSplitter, CutsWhatHasNoSpacesByADictionary) {
  EXPECT_THAT(words_of("ja", "東京の写真。"), ElementsAre("東京", "+の", "+写真"));
}

TEST(ExternalCounter, CountsTheSameWithoutMemory) {
  ExternalCounter counter(0);
  for (int i = 0; i < 1000; ++i) counter.add("key" + std::to_string(i % 7), 2);
  const auto walk = counter.walk();
  std::uint64_t total = 0;
  for (int i = 0; i < 7; ++i) {
    ASSERT_TRUE(walk->next());
    EXPECT_EQ(walk->key(), "key" + std::to_string(i));
    total += walk->count();
  }
  EXPECT_FALSE(walk->next());
  EXPECT_EQ(total, 2000U);
}

}  // namespace
}  // namespace diptych::curate
