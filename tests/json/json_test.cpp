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
