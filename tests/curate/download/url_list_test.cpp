#include "curate/download/url_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/mapped_file.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::curate {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;

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

TEST(UrlList, SaysWhatItRepairedAndLost) {
  constexpr std::string_view kText = "url,caption\nu,a\nv,caf\xE9\nw,\xFF\nx,\"b\ny,c\nz,d\n";
  UrlList list(kText, "x.csv", {});
  EXPECT_EQ(list.note(), "");
  std::string detail;
  while (const auto row = list.next()) detail = row->detail;
  EXPECT_THAT(detail, AllOf(HasSubstr("line 5 opens"), HasSubstr("this and 3 line ends")));
  EXPECT_THAT(list.note(), AllOf(HasSubstr("2 of its fields"), HasSubstr("line 3")));
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

TEST(UrlList, DropsLinesThatAreNestedDeep) {
  const std::string deep = std::string(400'000, '[') + std::string(400'000, ']');
  const auto rows = rows_of("{\"url\": \"a\", \"x\": " + deep + "}\n{\"url\": \"b\", \"x\": [[1]]}",
                            "x.jsonl", {.additional = {"x"}});
  EXPECT_THAT(urls_of(rows), ElementsAre("! malformed JSON", "b"));
}

TEST(UrlList, ReadsLines) {
  EXPECT_THAT(urls_of(rows_of("http://a\r\n\nhttp://b", "x.txt")),
              ElementsAre("http://a", "http://b"));
}

TEST(UrlList, RefusesOtherFormsAndColumns) {
  test::expect_error([] { rows_of("", "x.xlsx"); }, ErrorCode::unsupported,
                     "got .xlsx, expected .csv");
  test::expect_error([] { rows_of("a,b\n1,2\n", "x.csv"); }, ErrorCode::invalid_argument,
                     "got the columns a, b, expected url");
  const ListColumns columns{.caption = "words"};
  test::expect_error([&] { rows_of("url\n1\n", "x.csv", columns); }, ErrorCode::invalid_argument,
                     "expected words");
}

TEST(UrlList, ReadsBoxesAndDropsRowsWithoutReadableOnes) {
  const ListColumns columns{.boxes = "faces"};
  const auto rows = rows_of(
      "{\"url\": \"http://a\", \"faces\": [[0, 0.25, 0.5, 1]]}\n{\"url\": \"http://b\"}\n"
      "{\"url\": \"http://c\", \"faces\": \"none\"}\n",
      "x.jsonl", columns);
  EXPECT_THAT(urls_of(rows), ElementsAre("http://a", "http://b", "! bad boxes"));
  ASSERT_EQ(rows[0].boxes.size(), 1U);
  EXPECT_EQ(rows[0].boxes[0].top, 0.25);
  EXPECT_TRUE(rows[1].boxes.empty());
  const auto table =
      rows_of("url,faces\nhttp://a,\"[[0,0,1,1]]\"\nhttp://b,\nhttp://c,[1]\n", "x.csv", columns);
  EXPECT_THAT(urls_of(table), ElementsAre("http://a", "http://b", "! bad boxes"));
  EXPECT_EQ(table[0].boxes.size(), 1U);
  test::expect_error([&] { rows_of("http://a\n", "x.txt", columns); }, ErrorCode::invalid_argument,
                     "expected a column faces of boxes");
}

#ifdef DIPTYCH_WITH_PARQUET
TEST(UrlList, ReadsParquet) {
  UrlList list(test::data_path("parquet/urls.parquet"),
               {.additional = {"similarity"}, .boxes = "face_bboxes"});
  std::vector<ListRow> rows;
  while (auto row = list.next()) rows.push_back(std::move(*row));
  ASSERT_EQ(rows.size(), 40U);
  EXPECT_EQ(rows[39].url, "http://h/39.jpg");
  EXPECT_EQ(rows[3].fault, "no URL");
  EXPECT_THAT(rows[39].caption, Eq("picture 39"));
  EXPECT_EQ(rows[39].additional.dump(), R"({"similarity":4.875})");
  EXPECT_EQ(rows[38].boxes.size(), 1U);
  EXPECT_TRUE(rows[39].boxes.empty());
}

TEST(UrlList, RefusesParquetWithoutTheColumnsAndEndsWhereItIsDamaged) {
  std::string bytes = read_text_file(test::data_path("parquet/urls.parquet"));
  test::expect_error(
      [&] { rows_of(bytes, "x.parquet", {.url = "URL"}); }, ErrorCode::invalid_argument,
      "got the columns url, text, similarity, face_bboxes, expected URL (x.parquet)");
  test::expect_error([] { rows_of("PAR1", "x.parquet"); }, ErrorCode::corrupt_data, "x.parquet");
  bytes.replace(4, 40, 40, '\xFF');  // the first page of the first column
  const auto rows = rows_of(bytes, "x.parquet");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].fault, "damaged list");
  EXPECT_THAT(rows[0].detail, ::testing::HasSubstr("x.parquet"));
}
#else
TEST(UrlList, SaysWhatParquetNeeds) {
  test::expect_error([] { rows_of("PAR1", "x.parquet"); }, ErrorCode::unsupported,
                     "DIPTYCH_PARQUET=ON");
}
#endif

}  // namespace
}  // namespace diptych::curate
