#include "base/environment.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace diptych {
namespace {

TEST(Environment, EmptyCountsAsNotSet) {
  ::unsetenv("DIPTYCH_TEST_VARIABLE");
  EXPECT_EQ(environment("DIPTYCH_TEST_VARIABLE"), std::nullopt);
  ::setenv("DIPTYCH_TEST_VARIABLE", "", 1);
  EXPECT_EQ(environment("DIPTYCH_TEST_VARIABLE"), std::nullopt);
  ::setenv("DIPTYCH_TEST_VARIABLE", "avx2", 1);
  EXPECT_EQ(environment("DIPTYCH_TEST_VARIABLE"), "avx2");
  ::unsetenv("DIPTYCH_TEST_VARIABLE");
}

}  // namespace
}  // namespace diptych
