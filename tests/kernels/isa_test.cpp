#include "kernels/isa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "diptych/error.h"

namespace diptych {
namespace {

TEST(IsaTest, UsesTheBestUnlessToldOtherwise) {
  const std::string chosen = kernels::active_isa();
  const std::vector<std::string> available = kernels::available_isas();
  EXPECT_THAT(available, testing::Contains(chosen));
  EXPECT_THAT(available, testing::Contains("scalar"));
  for (const std::string& isa : available) {
    kernels::use_isa(isa);
    EXPECT_EQ(kernels::active_isa(), isa);
  }
  EXPECT_EQ(kernels::available_isas(), available);
  kernels::use_isa(chosen);
}

TEST(IsaTest, RefusesWhatTheProcessorHasNot) {
  const std::string chosen = kernels::active_isa();
  EXPECT_THROW(kernels::use_isa("z80"), Error);
  EXPECT_EQ(kernels::active_isa(), chosen);
}

/// In a process of its own: the environment is read once.
void use_environment(const char* isa) {
  setenv("DIPTYCH_ISA", isa, 1);
  try {
    std::exit(kernels::active_isa() == isa ? 0 : 1);
  } catch (const Error& error) {
    std::exit(exit_status(error.code()));
  }
}

TEST(IsaDeathTest, FollowsTheEnvironment) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  for (const std::string& isa : kernels::available_isas())
    EXPECT_EXIT(use_environment(isa.c_str()), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(use_environment("z80"),
              testing::ExitedWithCode(exit_status(ErrorCode::invalid_argument)), "");
}

}  // namespace
}  // namespace diptych
