#include "curate/download/url_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace diptych::curate {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;

std::vector<ListRow> rows_of(std::string_view text, const std::string& name,
                             const ListColumns& columns = {}) {
  UrlList list(text, name, columns);
  std::vector<ListRow> rows;
  while (auto row = list.next()) rows.push_back(std::move(*row));
  return rows;
}

std::vector<std::string> urls_of(const std::vector<ListRow>& rows) {
  std::vector<std::string> urls;
  for (const ListRow& row : rows) urls.push_back(row.fault.empty() ? row.url : "! " + row.fault);
  return urls;
}

TEST(UrlList, ReadsTables) {
  const auto rows = rows_of("\xEF\xBB\xBFid,url,caption\r\n1,http://a,\"a, b\"\n\n2,,c\n3\n",
                            "x.csv", {.additional = {"id"}});
  EXPECT_THAT(urls_of(rows), ElementsAre("http://a", "! no URL", "! no URL"));
  EXPECT_THAT(rows[0].caption, Eq("a, b"));
  EXPECT_EQ(rows[0].additional.dump(), R"({"id":"1"})");
  EXPECT_THAT(
      urls_of(rows_of("URL\tTEXT\nhttp://a\tb\n", "x.TSV", {.url = "URL", .caption = "TEXT"})),
      ElementsAre("http://a"));
  EXPECT_THAT(urls_of(rows_of("url\nhttp://a\n\"http://b\n", "x.csv")),
              ElementsAre("http://a", "! unclosed quote"));
  EXPECT_THAT(rows_of("url,caption\nu,a\xFFz\n", "x.csv")[0].caption, Eq("a\xEF\xBF\xBDz"));
}

TEST(UrlList, ReadsJsonLines) {
  const auto rows = rows_of(
      "{\"url\": \"http://a\", \"text\": \"t\", \"n\": [1]}\n \n{\"url\": 5}\n{\"u\n[]\n"
      "{\"url\": null}\n{\"url\": \"b\", \"caption\": \"c\", \"text\": \"t\"}",
      "x.jsonl", {.additional = {"n"}});
  EXPECT_THAT(urls_of(rows), ElementsAre("http://a", "5", "! malformed JSON", "! malformed JSON",
                                         "! no URL", "b"));
  EXPECT_THAT(rows[0].caption, Eq("t"));
  EXPECT_EQ(rows[0].additional.dump(), R"({"n":[1]})");
  EXPECT_THAT(rows[5].caption, Eq("c"));
  EXPECT_THAT(rows[1].caption, Eq(std::nullopt));
}

TEST(UrlList, ReadsLines) {
  EXPECT_THAT(urls_of(rows_of("http://a\r\n\nhttp://b", "x.txt")),
              ElementsAre("http://a", "http://b"));
}

TEST(UrlList, RefusesOtherFormsAndColumns) {
  test::expect_error([] { rows_of("PAR1", "x.parquet"); }, ErrorCode::unsupported,
                     "got .parquet, expected .csv");
  test::expect_error([] { rows_of("a,b\n1,2\n", "x.csv"); }, ErrorCode::invalid_argument,
                     "got the columns a, b, expected url");
  const ListColumns columns{.caption = "words"};
  test::expect_error([&] { rows_of("url\n1\n", "x.csv", columns); }, ErrorCode::invalid_argument,
                     "expected words");
}

}  // namespace
}  // namespace diptych::curate
