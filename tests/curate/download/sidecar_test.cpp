#include "curate/download/sidecar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/mapped_file.h"
#include "columns/columns_module.h"
#include "support/support.h"

namespace diptych::curate {
namespace {

using columns::ColumnType;
using OrderedJson = nlohmann::ordered_json;

std::vector<ColumnType> types_of(const std::vector<OrderedJson>& results,
                                 const std::vector<std::string>& additional) {
  SidecarColumns columns(additional);
  for (const OrderedJson& result : results) columns.add(result);
  const auto all = columns.take();
  std::vector<ColumnType> types;
  for (std::size_t i = all.size() - additional.size(); i < all.size(); ++i)
    types.push_back(all[i].type);
  return types;
}

TEST(SidecarColumns, HaveTheTypeThatAllValuesHave) {
  EXPECT_EQ(types_of({{{"a", 1}, {"b", 1}, {"c", true}, {"d", 1}, {"e", nullptr}},
                      {{"a", -2}, {"b", 0.5}, {"c", nullptr}, {"d", "x"}}},
                     {"a", "b", "c", "d", "e"}),
            (std::vector<ColumnType>{ColumnType::whole_number, ColumnType::number,
                                     ColumnType::truth, ColumnType::text, ColumnType::text}));
  EXPECT_EQ(types_of({{{"a", 18446744073709551615U}, {"b", {1}}}}, {"a", "b"}),
            (std::vector<ColumnType>{ColumnType::number, ColumnType::text}));
  // A column of a list's that results have already is theirs.
  SidecarColumns columns({"url", "own"});
  EXPECT_EQ(columns.take().size(), 12U);
}

TEST(Sidecar, IsALineAResult) {
  const test::TemporaryFolder folder;
  const auto sidecar = make_sidecar(folder.path() / "a.jsonl", SidecarFormat::json_lines, {});
  sidecar->add("{}", {});
  sidecar->add("[]", {});
  sidecar->commit();
  EXPECT_EQ(read_text_file(folder.path() / "a.jsonl"), "{}\n[]\n");
}

#ifdef DIPTYCH_WITH_PARQUET
TEST(Sidecar, IsARowAResultInParquet) {
  const test::TemporaryFolder folder;
  const OrderedJson result = {{"url", "http://a"}, {"width", 5}, {"n", 0.5}};
  SidecarColumns columns({"n"});
  columns.add(result);
  const auto sidecar =
      make_sidecar(folder.path() / "a.parquet", SidecarFormat::parquet, columns.take());
  sidecar->add("", result);
  sidecar->commit();
  const std::string bytes = read_text_file(folder.path() / "a.parquet");
  const auto reader = columns::column_files()->read(std::as_bytes(std::span(bytes)), "a.parquet");
  reader->select({"url", "caption", "width", "n"});
  EXPECT_EQ(*reader->next(),
            (OrderedJson{{"url", "http://a"}, {"caption", nullptr}, {"width", 5}, {"n", 0.5}}));
  EXPECT_FALSE(reader->next().has_value());
}
#endif

}  // namespace
}  // namespace diptych::curate
