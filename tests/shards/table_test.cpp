#include "shards/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/mapped_file.h"
#include "support/support.h"

namespace diptych::shards {
namespace {

using ::testing::ElementsAre;
using Rows = std::vector<std::vector<std::string>>;

Rows read_rows(std::string_view text, char separator = ',', std::size_t max_fields = 10) {
  Rows rows;
  RowReader reader(text, separator);
  while (const auto fields = reader.next(max_fields)) {
    rows.emplace_back();
    for (const std::string_view field : *fields) rows.back().push_back(unquote(field));
  }
  if (reader.unclosed_quote()) rows.push_back({"UNCLOSED"});
  return rows;
}

TEST(RowReader, ReadsPlainRows) {
  EXPECT_EQ(read_rows("a,b\nc,d\n"), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(read_rows("a,b\r\nc,d"), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(read_rows("a\tb,c", '\t'), (Rows{{"a", "b,c"}}));
  EXPECT_EQ(read_rows(""), Rows{});
}

TEST(RowReader, KeepsEmptyFieldsAndPassesOverBlankLines) {
  EXPECT_EQ(read_rows("\n\r\na,\n\n,\n\n"), (Rows{{"a", ""}, {"", ""}}));
  EXPECT_EQ(read_rows("a,"), (Rows{{"a", ""}}));
}

TEST(RowReader, ReadsQuotesAsRfc4180) {
  EXPECT_EQ(read_rows("\"a,b\",\"line\nbreak\"\n\"say \"\"hi\"\"\",\"\"\n"),
            (Rows{{"a,b", "line\nbreak"}, {"say \"hi\"", ""}}));
  EXPECT_EQ(read_rows("\"\"\"\""), (Rows{{"\""}}));
  EXPECT_EQ(read_rows("5\" pipe,b"), (Rows{{"5\" pipe", "b"}}));
}

TEST(RowReader, ReadsOddQuotesAsPythonDoes) {
  EXPECT_EQ(read_rows("a,\"x\" said y\nb,c\n"), (Rows{{"a", "x said y"}, {"b", "c"}}));
  EXPECT_EQ(read_rows("\"x\"y \"z\",c\n"), (Rows{{"xy \"z\"", "c"}}));
  EXPECT_EQ(read_rows("a, \"x,y\"\n"), (Rows{{"a", " \"x", "y\""}})) << "a blank before the quote";
  EXPECT_EQ(read_rows("\"a\nb\"c\nd\n"), (Rows{{"a\nbc"}, {"d"}}));
}

TEST(RowReader, StopsAtAQuoteThatNothingCloses) {
  EXPECT_EQ(read_rows("a,b\n\"open,c\nd,e\n"), (Rows{{"a", "b"}, {"UNCLOSED"}}));
  EXPECT_EQ(read_rows("a,b\n\"open \"\"c\n"), (Rows{{"a", "b"}, {"UNCLOSED"}}));
}

TEST(RowReader, EndsLinesAtLoneReturnsAndPassesOverLinesOfBlanks) {
  EXPECT_EQ(read_rows("a,b\rc,d\r"), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(read_rows("a,b\n  \t\n c,d\n   "), (Rows{{"a", "b"}, {" c", "d"}}));
  EXPECT_EQ(read_rows("a\tb\n\t\n", '\t'), (Rows{{"a", "b"}, {"", ""}}));
}

TEST(CountLines, CountsEveryKindOfLineEndOnce) {
  EXPECT_EQ(count_lines("a\nb\r\nc\rd"), 3U);
  EXPECT_EQ(count_lines(""), 0U);
}

TEST(RowReader, GivesRowPositionsToBeginAgainFrom) {
  const std::string_view text = "a,b\n\n\"c\nc\",d\ne,f";
  RowReader reader(text, ',');
  reader.next(2);
  reader.next(2);
  EXPECT_EQ(reader.row_position(), 5U);
  const auto again = RowReader(text, ',', reader.row_position()).next(2);
  EXPECT_THAT(*again, ElementsAre("\"c\nc\"", "d"));
}

TEST(RowReader, HoldsNoMoreFieldsThanAsked) {
  EXPECT_EQ(read_rows("a,b,c,d\ne", ',', 2), (Rows{{"a", "b"}, {"e"}}));
}

/// What pandas 3.1.1 reads (tests/data/odd_tables/make).
TEST(RowReader, ReadsOddTablesAsPandasDoes) {
  const auto tables =
      nlohmann::json::parse(read_text_file(diptych::test::data_path("odd_tables/expected.json")));
  ASSERT_EQ(tables.size(), 400U);
  for (const auto& table : tables) {
    const std::string text = table["text"];
    Rows rows = read_rows(text, ',', 100);
    if (table.contains("unclosed")) {
      EXPECT_EQ(rows.back(), Rows::value_type{"UNCLOSED"}) << table["text"];
      continue;
    }
    for (auto& row : rows) {
      while (!row.empty() && row.back().empty()) row.pop_back();
    }
    EXPECT_EQ(rows, table["rows"].get<Rows>()) << table["text"];
  }
}

}  // namespace
}  // namespace diptych::shards
