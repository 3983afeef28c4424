#pragma once

#include <array>
#include <string_view>

namespace diptych::network {

/// What a value of an enumeration is called.
template <typename Value>
struct Word {
  Value value;
  std::string_view word;   ///< in files
  std::string_view title;  ///< to people
};

/// Returns what a value is called to people. Each enumeration of the towers' configs has a table of
/// its words, words_of, beside it.
template <typename Value>
constexpr std::string_view title_of(Value value) {
  for (const Word<Value>& known : words_of(value)) {
    if (known.value == value) return known.title;
  }
  return {};
}

}  // namespace diptych::network
