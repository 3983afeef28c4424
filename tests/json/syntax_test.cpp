#include "json/syntax.h"

#include <gtest/gtest.h>

#include <string>

#include "json/json.h"
#include "support/expect_error.h"

namespace diptych {
namespace {

using test::expect_error;

/// The whole message, which has nothing of the library's words in it.
void expect_message(const std::string& text, const std::string& message) {
  expect_error([&] { parse_json(std::as_bytes(std::span(text)), "config.json"); },
               ErrorCode::corrupt_data, "JSON: " + message + " (config.json)");
}

TEST(JsonSyntax, AnEmptyFileHoldsNothing) {
  expect_message("", "got nothing, expected an object or a list");
  expect_message(" \n\t", "got nothing, expected an object or a list");
}

TEST(JsonSyntax, ACutFileEndsAtAByte) {
  expect_message("{", "got its end at byte 1, expected a key in double quotes, or '}'");
  expect_message(R"({"a": 1)", "got its end at byte 7, expected ',' or '}'");
  expect_message(R"({"a": 1,)", "got its end at byte 8, expected a key in double quotes");
  expect_message(R"({"a")",
                 "got its end at byte 4, expected a colon and a value after the key \"a\"");
  expect_message(R"({"a": )",
                 "got its end at byte 6, expected a colon and a value after the key \"a\"");
  expect_message(R"({"a": "wid)", "got its end at byte 10, expected a double quote");
  expect_message(R"({"a": tr)",
                 "got its end at byte 8, expected a colon and a value after the key \"a\"");
  expect_message("[1, 2", "got its end at byte 5, expected ',' or ']'");
  expect_message("[", "got its end at byte 1, expected a value, or ']'");
}

TEST(JsonSyntax, AWrongByteIsNamed) {
  expect_message("just some text", "got 'j' at byte 0, expected a value");
  expect_message(R"({"a": 1} x)", "got 'x' at byte 9, expected nothing more");
  expect_message(R"({"a": 1,})", "got '}' at byte 8, expected a key in double quotes");
  expect_message("{'a': 1}", "got ''' at byte 1, expected a key in double quotes, or '}'");
  expect_message(R"({"a" 1})",
                 "got '1' at byte 5, expected a colon and a value after the key \"a\"");
  expect_message(R"({"a": None})",
                 "got 'N' at byte 6, expected a colon and a value after the key \"a\"");
  expect_message("[1 2]", "got '2' at byte 3, expected ',' or ']'");
  expect_message("[1, ]", "got ']' at byte 4, expected a value");
  expect_message(std::string("\0\0\0", 3), "got 0x00 at byte 0, expected a value");
  expect_message("{\"" + std::string(70, 'k') + "\"}",
                 "got '}' at byte 73, expected a colon and a value after a key");
}

TEST(JsonSyntax, AWrongByteWithinATextIsNamed) {
  expect_message("{\"a\": \"x\ny\"}",
                 "got 0x0A at byte 8, within a text, expected what JSON allows there");
  expect_message("{\"\xff\": 1}", "got 0xFF at byte 2, within a text, expected UTF-8");
  expect_message(R"({"a": "\q"})",
                 "got 'q' at byte 8, within a text, expected what JSON allows there");
}

TEST(JsonSyntax, ANumberThatNoDoubleHoldsIsNamed) {
  expect_message(R"({"a": 1e999})", "got 1e999, expected a number that a double holds");
}

}  // namespace
}  // namespace diptych
