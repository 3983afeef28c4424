#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "diptych/error.h"

namespace diptych::test {

/// Expects `function` to throw an Error of this code whose message holds `message`.
template <typename Function>
void expect_error(ErrorCode code, const std::string& message, Function function) {
  try {
    function();
    FAIL() << "expected an error: " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    EXPECT_THAT(error.what(), testing::HasSubstr(message));
  }
}

}  // namespace diptych::test
