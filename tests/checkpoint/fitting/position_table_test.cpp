#include "checkpoint/fitting/position_table.h"

#include <gtest/gtest.h>

#include "base/mapped_file.h"
#include "json/json.h"
#include "support/support.h"

namespace diptych::checkpoint {
namespace {

TensorBuffer resize(const TensorView& table, int to, const std::string& style) {
  if (style == "antialiased") return resize_grid(table, to, GridResize::antialiased, 0);
  if (style == "aligned") return resize_grid(table, to, GridResize::aligned, 0);
  if (style == "plain") return resize_grid(table, to, GridResize::plain, 0);
  return resize_row(table, to);
}

// The numbers are PyTorch's (tests/data/position_tables/make).
TEST(PositionTable, IsInterpolatedAsTheReferencesDo) {
  const Json expected =
      Json::parse(read_text_file(test::data_path("position_tables/expected.json")));
  const std::int64_t width = expected.at("width");
  for (const Json& entry : expected.at("cases")) {
    const auto style = entry.at("style").get<std::string>();
    const auto old = entry.at("old").get<std::vector<float>>();
    const auto wanted = entry.at("new").get<std::vector<float>>();
    const int to = entry.at("to");
    const TensorBuffer table({static_cast<std::int64_t>(old.size()) / width, width}, old);
    const TensorBuffer got = resize(table.view(), to, style);
    ASSERT_EQ(got.shape(), Shape({static_cast<std::int64_t>(wanted.size()) / width, width}));
    EXPECT_LE(test::relative_error(got.floats(), wanted), test::kFeatureTolerance)
        << style << ", " << entry.at("from") << " to " << to;
  }
}

TEST(PositionTable, KeepsTheRowsBeforeTheGrid) {
  const TensorBuffer old({6, 1}, std::vector<float>{7, 8, 1, 2, 3, 4});
  const TensorBuffer got = resize_grid(old.view(), 3, GridResize::aligned, 2);
  EXPECT_EQ(got.shape(), Shape({11, 1}));
  EXPECT_EQ(got.floats()[0], 7.0F);
  EXPECT_EQ(got.floats()[1], 8.0F);
  EXPECT_FLOAT_EQ(got.floats()[2], 1.0F);
  EXPECT_FLOAT_EQ(got.floats()[10], 4.0F);
}

TEST(PositionTable, KeepsTheDtype) {
  const TensorBuffer old({5, 1}, std::vector<float>{7, 0, 1, 2, 3});
  const TensorBuffer half = convert(old.view(), DType::float16);
  EXPECT_EQ(resize_grid(half.view(), 3, GridResize::antialiased).dtype(), DType::float16);
  EXPECT_EQ(resize_row(half.view(), 3).dtype(), DType::float16);
  EXPECT_EQ(to_floats(resize_grid(half.view(), 2, GridResize::plain).view()),
            to_floats(old.view()));
}

TEST(PositionTable, IsTold) {
  const auto is_table = [](DType dtype, Shape shape, int first) {
    return is_position_table(TensorBuffer(dtype, std::move(shape)).view(), first);
  };
  EXPECT_TRUE(is_table(DType::float16, {5, 3}, 1));
  EXPECT_TRUE(is_table(DType::float16, {4, 3}, 0));
  EXPECT_FALSE(is_table(DType::int32, {5, 3}, 1));
  EXPECT_FALSE(is_table(DType::float32, {4, 3}, 1));
  EXPECT_FALSE(is_table(DType::float32, {1, 3}, 1));
  EXPECT_FALSE(is_table(DType::float32, {5, 0}, 1));
  EXPECT_FALSE(is_table(DType::float32, {5}, 1));
}

}  // namespace
}  // namespace diptych::checkpoint
