#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "diptych/error.h"

namespace diptych {

/// Throws Error(code) with a formatted message. Messages read "what: got X, expected Y (file)".
template <typename... Arguments>
[[noreturn]] void fail(ErrorCode code, fmt::format_string<Arguments...> format,
                       Arguments&&... arguments) {
  throw Error(code, fmt::format(format, std::forward<Arguments>(arguments)...));
}

/// Throws Error(internal) unless an invariant of our own holds.
inline void ensure(bool condition, const char* invariant) {
  if (!condition) fail(ErrorCode::internal, "broken invariant: {}", invariant);
}

/// Return a + b and a * b; throw Error(corrupt_data) naming `what` when the result does not fit 64
/// bits. For sizes that come from outside.
std::uint64_t checked_add(std::uint64_t a, std::uint64_t b, const char* what);
std::uint64_t checked_multiply(std::uint64_t a, std::uint64_t b, const char* what);

}  // namespace diptych
