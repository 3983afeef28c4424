#include "shards/python_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace diptych::shards {
namespace {

using nlohmann::json;

// The values are those of CPython 3.11's json.loads, with null for the numbers that JSON lacks and
// U+FFFD for a lone surrogate.
TEST(PythonJson, ReadsNumbersThatJsonLacks) {
  EXPECT_EQ(parse_python_json(R"({"a": NaN, "b": [Infinity, -Infinity], "c": "NaN"})"),
            json::parse(R"({"a": null, "b": [null, null], "c": "NaN"})"));
}

TEST(PythonJson, ReadsNumbersThatNoDoubleHolds) {
  EXPECT_EQ(parse_python_json(R"({"a": 1e999, "b": [-1e999, 12.5], "c": "1e999"})"),
            json::parse(R"({"a": null, "b": [null, 12.5], "c": "1e999"})"));
}

TEST(PythonJson, ReadsUtf16) {
  EXPECT_EQ(parse_python_json(std::string("\xFF\xFE[\0\"\0\x72\x77\"\0]\0", 12)),
            json::parse("[\"\u7772\"]"));
}

TEST(PythonJson, ReadsLoneSurrogates) {
  EXPECT_EQ(parse_python_json(R"(["\ud83d"])"), json::parse(R"(["\ufffd"])"));
  EXPECT_EQ(parse_python_json(R"(["a\udc15b"])"), json::parse(R"(["a\ufffdb"])"));
  EXPECT_EQ(parse_python_json(R"(["\ud83d\ud83d\udc15\\ud83d"])"),
            json::parse(R"(["\ufffd\ud83d\udc15\\ud83d"])"));
  EXPECT_EQ(parse_python_json(R"(["\ud83dx", NaN, "\"\ud83d"])"),
            json::parse(R"(["\ufffdx", null, "\"\ufffd"])"));
}

TEST(PythonJson, RefusesWhatIsNestedDeep) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_TRUE(parse_python_json(deep).is_discarded());
  EXPECT_TRUE(parse_python_json("[NaN, " + deep + "]").is_discarded());
}

TEST(PythonJson, RefusesWhatPythonRefuses) {
  for (const char* text : {"", "nan", "NaNs", "[NaN", "{'a': 1}", "[1,]", "\"\\u12\"", "\"\\",
                           "\"\\ud83d", "-NaN", "{\"a\": NaN NaN}"})
    EXPECT_TRUE(parse_python_json(text).is_discarded()) << text;
}

}  // namespace
}  // namespace diptych::shards
