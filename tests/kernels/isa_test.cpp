#include "kernels/isa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace diptych
