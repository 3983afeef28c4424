#include "base/error.h"

#include <array>

namespace diptych {
namespace {

struct CodeFacts {
  ErrorCode code;
  std::string_view name;
  int exit_status;
};

constexpr std::array<CodeFacts, 8> kCodes = {{
    {ErrorCode::invalid_argument, "invalid_argument", 2},
    {ErrorCode::not_found, "not_found", 4},
    {ErrorCode::corrupt_data, "corrupt_data", 3},
    {ErrorCode::unsupported, "unsupported", 2},
    {ErrorCode::io, "io", 4},
    {ErrorCode::out_of_memory, "out_of_memory", 5},
    {ErrorCode::cancelled, "cancelled", 1},
    {ErrorCode::internal, "internal", 70},
}};

const CodeFacts& facts(ErrorCode code) {
  return kCodes.at(static_cast<std::size_t>(code));
}

}  // namespace

int exit_status(ErrorCode code) noexcept {
  return facts(code).exit_status;
}

std::string_view name(ErrorCode code) noexcept {
  return facts(code).name;
}

void fail_formatted(ErrorCode code, fmt::string_view format, fmt::format_args arguments) {
  throw Error(code, fmt::vformat(format, arguments));
}

std::uint64_t checked_add(std::uint64_t a, std::uint64_t b, const char* what) {
  std::uint64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum))
    fail(ErrorCode::corrupt_data, "{}: {} + {} overflows", what, a, b);
  return sum;
}

std::uint64_t checked_multiply(std::uint64_t a, std::uint64_t b, const char* what) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) {
    fail(ErrorCode::corrupt_data, "{}: {} x {} overflows", what, a, b);
  }
  return product;
}

}  // namespace diptych
