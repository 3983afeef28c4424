#pragma once

#include <algorithm>
#include <new>
#include <string>

#include "base/error.h"

namespace diptych::columns {

/// Returns what Arrow says in one line of bounded length.
inline std::string said_in_one_line(std::string text) {
  constexpr std::size_t kMostOfMessage = 300;
  if (text.size() > kMostOfMessage) text = text.substr(0, kMostOfMessage) + "...";
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return text;
}

/// Calls `work`. What Arrow throws there becomes an Error about the file.
template <typename Work>
auto with_errors_of(const std::string& file, Work&& work) {
  try {
    return work();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    fail(ErrorCode::out_of_memory, "Parquet: got a file that takes more memory than there is ({})",
         file);
  } catch (const std::exception& error) {
    const std::string said = said_in_one_line(error.what());
    const bool is_too_large = said.find("Out of memory") != std::string::npos ||
                              said.find("out of memory") != std::string::npos;
    fail(is_too_large ? ErrorCode::out_of_memory : ErrorCode::corrupt_data,
         "Parquet: got '{}', expected a whole file ({})", said, file);
  }
}

}  // namespace diptych::columns
