#include "json/json.h"

#include <gtest/gtest.h>

#include "json/config_fields.h"
#include "support/expect_error.h"

namespace diptych {
namespace {

using test::expect_error;

Json parse(const std::string& text) {
  return parse_json(std::as_bytes(std::span(text)), "test.json");
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

void expect_corrupt(const std::string& text, const std::string& reason) {
  expect_error([&] { parse(text); }, ErrorCode::corrupt_data, reason);
}

TEST(Json, Parses) {
  EXPECT_EQ(parse(R"({"a": [1, {"a": 2}], "b": {"a": 3}})")["b"]["a"], 3);
}

TEST(Json, RefusesWhatIsNotJson) {
  expect_corrupt("", "JSON");
  expect_corrupt("just some text", "JSON");
  expect_corrupt("{\"a\": 1", "JSON");
  expect_corrupt("{\"a\": 1} x", "JSON");
  expect_corrupt("{\"a\": 1e999}", "JSON");
  expect_corrupt("{\"\xff\": 1}", "JSON");
  expect_corrupt(std::string("{\"a\": \"\0\"}", 10), "JSON");
}

TEST(Json, NamesUtf16) {
  expect_corrupt("\xFF\xFE{", "got UTF-16, expected UTF-8 (test.json)");
  expect_corrupt("\xFE\xFF", "got UTF-16");
  expect_corrupt("\xFF", "JSON");
}

TEST(Json, RefusesDuplicateKeysOnEveryLevel) {
  expect_corrupt(R"({"a": 1, "a": 2})", "\"a\" occurs twice");
  expect_corrupt(R"({"x": [{"a": 1, "b": {}, "a": 2}]})", "\"a\" occurs twice");
}

TEST(Json, RefusesDeepNesting) {
  EXPECT_NO_THROW(parse(std::string(32, '[') + std::string(32, ']')));
  expect_corrupt(std::string(33, '[') + std::string(33, ']'), "nested deeper than 32");
  expect_corrupt(std::string(10'000'000, '['), "nested deeper than 32");
}

TEST(Json, KeepsTheOrderOfKeysOnRequest) {
  const std::string text = R"({"b":1,"a":{"d":2,"c":3}})";
  EXPECT_EQ(parse_ordered_json(text, "test.json").dump(), text);
  EXPECT_EQ(read_ordered_json(text)->dump(), text);
  expect_error([] { parse_ordered_json(R"({"a": 1, "a": 2})", "test.json"); },
               ErrorCode::corrupt_data, "\"a\" occurs twice (test.json)");
  expect_error([] { parse_ordered_json(nested(33), "test.json"); }, ErrorCode::corrupt_data,
               "nested deeper than 32");
}

TEST(Json, OfARecordTheLastValueOfAKeyCounts) {
  EXPECT_EQ(read_json(R"({"a": 1, "b": [], "a": {"c": 2}})")->dump(), R"({"a":{"c":2},"b":[]})");
}

TEST(Json, ARecordThatCannotBeReadIsNone) {
  for (const char* text : {"", "[1", "[1]]", "{\"a\": 1e999}", "[\"\xff\"]", "\"", "\"\\", "]]"})
    EXPECT_FALSE(read_json(text).has_value()) << text;
}

TEST(Json, RecordsAreAsDeepAsTheirBracketsOutsideOfTexts) {
  EXPECT_TRUE(read_json(nested(32)).has_value());
  EXPECT_FALSE(read_json(nested(33)).has_value());
  EXPECT_FALSE(read_ordered_json(nested(400'000)).has_value());
  const std::string objects = R"({"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":)";  // eight
  EXPECT_FALSE(read_json(objects + nested(25) + "}}}}}}}}").has_value());
  EXPECT_TRUE(read_json(objects + nested(24) + "}}}}}}}}").has_value());
  EXPECT_TRUE(read_json("[\"\\\"" + std::string(40, '[') + "\\\\\", [[]], [[]]]").has_value());
  EXPECT_TRUE(read_json("[" + std::string(30, ' ') +
                        "[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
                        "[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]")
                  .has_value());
}

TEST(ConfigFields, SaysWhatItGotOfAnotherType) {
  const Json json = {{"width", "768"}, {"layers", Json::array({1, 2})}};
  ConfigFields fields(json, "text_cfg", "config.json");
  expect_error([&] { fields.integer("width"); }, ErrorCode::corrupt_data,
               "text_cfg.width: got \"768\", expected a whole number (config.json)");
  expect_error([&] { fields.text("layers"); }, ErrorCode::corrupt_data,
               "got [1,2], expected a text");
}

}  // namespace
}  // namespace diptych
