#pragma once

#include <fmt/core.h>

#include <cstdint>

#include "diptych/error.h"

namespace diptych {

/// Does the work of `fail`, out of line: this header is read by nearly every source.
[[noreturn]] void fail_formatted(ErrorCode code, fmt::string_view format,
                                 fmt::format_args arguments);

/// Throws Error(code) with a formatted message. Messages read "what: got X, expected Y (file)".
template <typename... Arguments>
[[noreturn]] void fail(ErrorCode code, fmt::format_string<Arguments...> format,
                       const Arguments&... arguments) {
  fail_formatted(code, format, fmt::make_format_args(arguments...));
}

/// Throws Error(internal) unless an invariant of our own holds.
inline void ensure(bool condition, const char* invariant) {
  if (!condition) fail(ErrorCode::internal, "broken invariant: {}", invariant);
}

/// Each returns a sum or a product of sizes that come from outside. Throws Error(corrupt_data),
/// naming `what`, when it does not fit 64 bits.
std::uint64_t checked_add(std::uint64_t a, std::uint64_t b, const char* what);
std::uint64_t checked_multiply(std::uint64_t a, std::uint64_t b, const char* what);

}  // namespace diptych
