#include "base/module.h"

#include <gtest/gtest.h>

#include "base/module_test.h"
#include "support/environment_variable.h"
#include "support/expect_error.h"

namespace diptych {
namespace {

constexpr const char* kVariable = "DIPTYCH_TEST_MODULE";
constexpr ModuleFile kFile = {.name = "libdiptych-test.so",
                              .variable = kVariable,
                              .command = "test",
                              .remedy = "Build the tests"};

TEST(Module, GivesTheFunctionsOfAModuleOfThisBuild) {
  const test::EnvironmentVariable place(kVariable, DIPTYCH_MODULE_OF_THIS_BUILD);
  const Module<test::TestFunctions> module(kFile);
  EXPECT_EQ(module->twice(21), 42);
}

TEST(Module, RefusesOneOfAnotherBuildAndNamesBoth) {
  const test::EnvironmentVariable place(kVariable, DIPTYCH_MODULE_OF_ANOTHER_BUILD);
  test::expect_error([] { load_module(kFile); }, ErrorCode::unsupported, "of build 0.0.0-another");
  test::expect_error([] { load_module(kFile); }, ErrorCode::unsupported, build_id());
}

TEST(Module, RefusesOneOverAnotherLibraryAndSaysWhich) {
  const test::EnvironmentVariable place(kVariable, DIPTYCH_MODULE_OVER_ANOTHER_LIBRARY);
  test::expect_error([] { load_module(kFile); }, ErrorCode::unsupported,
                     "test: libexample: got version 1, expected 2");
}

TEST(Module, RefusesAnotherLibrary) {
  const test::EnvironmentVariable place(kVariable, "libm.so.6");
  test::expect_error([] { load_module(kFile); }, ErrorCode::unsupported, "no module of diptych");
}

TEST(Module, SaysWhereAMissingOneWasSoughtAndWhatToDo) {
  const test::EnvironmentVariable place(kVariable, "/missing/libdiptych-test.so");
  test::expect_error([] { load_module(kFile); }, ErrorCode::unsupported,
                     "/missing/libdiptych-test.so");
  test::expect_error([] { load_module(kFile); }, ErrorCode::unsupported,
                     "Build the tests, or set DIPTYCH_TEST_MODULE to its path");
}

}  // namespace
}  // namespace diptych
