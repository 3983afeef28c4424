#include "base/error.h"

#include <cstdint>
#include <limits>
#include <string_view>

#include "support/expect_error.h"

namespace diptych {
namespace {

using test::expect_error;

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

struct CodeCase {
  ErrorCode code;
  std::string_view name;
  int exit_status;
};

TEST(Error, EveryCodeHasItsNameAndItsExitStatus) {
  const CodeCase cases[] = {
      {ErrorCode::invalid_argument, "invalid_argument", 2},
      {ErrorCode::not_found, "not_found", 4},
      {ErrorCode::corrupt_data, "corrupt_data", 3},
      {ErrorCode::unsupported, "unsupported", 2},
      {ErrorCode::io, "io", 4},
      {ErrorCode::out_of_memory, "out_of_memory", 5},
      {ErrorCode::cancelled, "cancelled", 1},
      {ErrorCode::internal, "internal", 70},
  };
  for (const CodeCase& expected : cases) {
    EXPECT_EQ(name(expected.code), expected.name);
    EXPECT_EQ(exit_status(expected.code), expected.exit_status) << expected.name;
  }
}

TEST(Error, FailFormatsItsMessage) {
  expect_error([] { fail(ErrorCode::io, "size: got {}, expected {} ({})", 1, 2, "a.bin"); },
               ErrorCode::io, "size: got 1, expected 2 (a.bin)");
}

TEST(Error, ABrokenInvariantIsOurBug) {
  EXPECT_NO_THROW(ensure(true, "all is well"));
  expect_error([] { ensure(false, "rows match"); }, ErrorCode::internal, "rows match");
}

TEST(CheckedArithmetic, GivesWhatFitsSixtyFourBits) {
  EXPECT_EQ(checked_add(kMax - 1, 1, "size"), kMax);
  EXPECT_EQ(checked_multiply(kMax, 1, "size"), kMax);
  EXPECT_EQ(checked_multiply(0, kMax, "size"), 0U);
  EXPECT_EQ(checked_multiply(std::uint64_t{1} << 32, (std::uint64_t{1} << 32) - 1, "size"),
            kMax - (std::uint64_t{1} << 32) + 1);
}

TEST(CheckedArithmetic, RefusesWhatDoesNot) {
  expect_error([] { checked_add(kMax, 1, "offset"); }, ErrorCode::corrupt_data, "offset");
  expect_error([] { checked_multiply(std::uint64_t{1} << 32, std::uint64_t{1} << 32, "pixels"); },
               ErrorCode::corrupt_data, "pixels");
}

}  // namespace
}  // namespace diptych
