#include "json/shard_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace diptych {
namespace {

using test::expect_error;
using ::testing::ElementsAre;
using ::testing::Pair;

std::map<std::string, std::string> read(const std::string& text) {
  return read_shard_index(std::as_bytes(std::span(text)), "index");
}

TEST(ShardIndex, SaysWhereEveryTensorLies) {
  EXPECT_THAT(read(R"({"metadata": {}, "weight_map": {"b": "2.bin", "a": "1.bin"}})"),
              ElementsAre(Pair("a", "1.bin"), Pair("b", "2.bin")));
}

TEST(ShardIndex, RefusesNamesThatLeaveTheFolder) {
  for (const std::string file : {R"("../x.bin")", R"("a/x.bin")", R"("a\\x.bin")", R"(".")",
                                 R"("..")", R"("")", "1", "null", R"(["x.bin"])"}) {
    expect_error([&] { read(R"({"weight_map": {"tensor": )" + file + "}}"); },
                 ErrorCode::corrupt_data, "tensor: got");
  }
}

TEST(ShardIndex, RefusesOtherContents) {
  for (const std::string text : {"", "[]", "{}", R"({"weight_map": {}})", R"({"weight_map": 1})",
                                 R"({"weight_map": {"a": "1.bin", "a": "2.bin"}})"})
    expect_error([&] { read(text); }, ErrorCode::corrupt_data, "index");
}

TEST(ShardIndex, IsKnownByItsName) {
  EXPECT_TRUE(is_shard_index("model.safetensors.index.json"));
  EXPECT_FALSE(is_shard_index("index.json.safetensors"));
}

}  // namespace
}  // namespace diptych
