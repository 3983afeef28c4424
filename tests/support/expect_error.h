#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "diptych/error.h"

namespace diptych::test {

/// The action throws Error with this code, and its message holds `part`.
template <typename Action>
void expect_error(Action&& action, ErrorCode code, const std::string& part) {
  try {
    action();
    ADD_FAILURE() << "no error, expected " << name(code) << " about " << part;
  } catch (const Error& error) {
    EXPECT_EQ(name(error.code()), name(code)) << error.what();
    EXPECT_THAT(error.what(), testing::HasSubstr(part));
  }
}

}  // namespace diptych::test
