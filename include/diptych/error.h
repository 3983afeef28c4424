#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "diptych/export.h"

namespace diptych {

/// What went wrong, in terms a caller can act on. `exit_status` and `name` below are the one table
/// that turns a code into a process exit status and a word.
enum class ErrorCode {
  invalid_argument,  ///< wrong usage, or input that does not fit what it is used for
  not_found,         ///< a file, model or label that does not exist
  corrupt_data,      ///< a file whose content breaks its format
  unsupported,       ///< a well-formed input that diptych cannot handle
  io,                ///< reading or writing failed
  out_of_memory,     ///< an allocation was refused, or would exceed a stated limit
  cancelled,         ///< the caller asked to stop
  internal,          ///< a broken invariant: our bug
};

/// The only exception diptych throws on purpose. `what()` reads "what: got X, expected Y (file,
/// offset)".
class DIPTYCH_API Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

/// Returns the process exit status of a command that ends with this error (2, 3, 4, 5 or 70).
DIPTYCH_API int exit_status(ErrorCode code) noexcept;

/// Returns the code's name as written above, for logs and JSON.
DIPTYCH_API std::string_view name(ErrorCode code) noexcept;

}  // namespace diptych
