#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/mapped_file.h"
#include "columns/parquet_file.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::columns {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::SizeIs;

std::string file(const char* name) {
  return read_text_file(test::data_path("parquet") / name);
}

std::unique_ptr<ColumnReader> open(const std::string& bytes) {
  return read_parquet(std::as_bytes(std::span(bytes)), "a.parquet");
}

std::vector<Json> rows_of(const std::string& bytes, const std::vector<std::string>& columns) {
  const auto reader = open(bytes);
  reader->select(columns);
  std::vector<Json> rows;
  while (auto row = reader->next()) rows.push_back(std::move(*row));
  return rows;
}

std::string written(const std::vector<Column>& columns, const std::vector<Json>& rows) {
  std::string bytes;
  const auto writer = write_parquet(columns, [&](std::span<const std::byte> more) {
    bytes.append(reinterpret_cast<const char*>(more.data()), more.size());
  });
  for (const Json& row : rows) writer->add(row);
  writer->finish();
  return bytes;
}

TEST(Parquet, GivesTheChosenColumnsOfAllRowGroups) {
  const std::string bytes = file("urls.parquet");
  EXPECT_THAT(open(bytes)->names(), ElementsAre("url", "text", "similarity", "face_bboxes"));
  const auto rows = rows_of(bytes, {"similarity", "url", "face_bboxes", "url"});
  ASSERT_THAT(rows, SizeIs(40));
  EXPECT_EQ(rows[0], (Json{{"url", "http://h/0.jpg"},
                           {"similarity", 0.0},
                           {"face_bboxes", {{0.25, 0.25, 0.5, 0.75}}}}));
  EXPECT_EQ(rows[3], (Json{{"url", nullptr}, {"similarity", 0.375}, {"face_bboxes", nullptr}}));
  EXPECT_EQ(rows[39]["url"], "http://h/39.jpg");
}

TEST(Parquet, GivesEachTypeAsJson) {
  const std::string bytes = file("types.parquet");
  const auto names = open(bytes)->names();
  const auto rows = rows_of(bytes, names);
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[0], (Json{{"truth", true},
                           {"small", -128},
                           {"large", 0},
                           {"single", 0.5},
                           {"bytes", "a\xEF\xBF\xBDz"},
                           {"word", "red"},
                           {"day", "2024-02-29"},
                           {"price", "1.50"},
                           {"members", {{"a", 1}, {"b", {"x"}}}}}));
  EXPECT_EQ(rows[1]["large"], 18446744073709551615U);
  EXPECT_EQ(rows[1]["members"], (Json{{"a", nullptr}, {"b", Json::array()}}));
  for (const std::string& name : names) EXPECT_TRUE(rows[2][name].is_null()) << name;
}

TEST(Parquet, IsReadAsItWasWritten) {
  const std::vector<Column> columns = {{"text"},
                                       {"count", ColumnType::whole_number},
                                       {"share", ColumnType::number},
                                       {"is", ColumnType::truth}};
  std::vector<Json> rows;
  for (int i = 0; i < 25'000; ++i) {  // three row groups
    rows.push_back(
        {{"text", std::to_string(i)}, {"count", i}, {"share", i / 4.0}, {"is", i % 2 == 0}});
  }
  rows.push_back({{"text", nullptr}, {"count", nullptr}, {"share", nullptr}, {"is", nullptr}});
  EXPECT_EQ(rows_of(written(columns, rows), {"text", "count", "share", "is"}), rows);
  EXPECT_EQ(written(columns, rows), written(columns, rows));
  // What is no text is written as JSON, and what is not there is null.
  EXPECT_EQ(rows_of(written({{"a"}, {"b"}}, {{{"a", {1, 2}}}}), {"a", "b"}),
            (std::vector<Json>{{{"a", "[1,2]"}, {"b", nullptr}}}));
}

TEST(Parquet, PassesOnWhatWritingThrows) {
  test::expect_error(
      [] {
        write_parquet({{"a"}}, [](std::span<const std::byte>) {
          fail(ErrorCode::io, "the disk is full");
        })->finish();
      },
      ErrorCode::io, "the disk is full");
}

TEST(Parquet, RefusesWhatIsNone) {
  for (const char* bytes : {"", "PAR1", "PAR1PAR1", "url,caption\nhttp://a,b\n"}) {
    test::expect_error([&] { open(bytes); }, ErrorCode::corrupt_data, "(a.parquet)");
  }
  test::expect_error([] { rows_of(file("urls.parquet"), {"none"}); }, ErrorCode::invalid_argument,
                     "got no column none, expected one (a.parquet)");
}

TEST(Parquet, ADamagedFileIsNoMoreThanAnError) {
  const std::string whole = file("urls.parquet");
  std::size_t errors = 0;
  const auto read = [&](const std::string& bytes) {
    try {
      rows_of(bytes, {"url", "text", "similarity", "face_bboxes"});
    } catch (const Error&) {
      ++errors;
    }
  };
  for (std::size_t size = 0; size < whole.size(); size += 7) read(whole.substr(0, size));
  EXPECT_EQ(errors, (whole.size() + 6) / 7);  // a cut file has no footer
  for (std::size_t place = 0; place < whole.size(); ++place) {
    std::string changed = whole;
    changed[place] = static_cast<char>(changed[place] ^ 0x55);
    read(changed);
  }
  EXPECT_GT(errors, whole.size() / 4);
}

}  // namespace
}  // namespace diptych::columns
