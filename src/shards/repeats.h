#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace diptych::shards {

/// What came before in a list of values.
struct Repeats {
  std::size_t count = 0;
  std::size_t first = 0;  ///< the place of the first of them, where there is one
};

/// Returns how many values are equal to one before them. Takes 16 bytes a value while it looks.
Repeats find_repeats(const std::vector<std::uint64_t>& values);

/// Returns a number that is the same for the same text, and for another one hardly ever.
std::uint64_t number_of(std::string_view text);
/// Returns a number of two numbers and their order.
std::uint64_t joined(std::uint64_t first, std::uint64_t second);

}  // namespace diptych::shards
