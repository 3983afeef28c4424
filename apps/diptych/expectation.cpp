#include "expectation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

std::string not_expected(std::string_view got, std::string_view expected) {
  return fmt::format("got {}, expected {}", got.empty() ? "an empty text" : got, expected);
}

std::string list_of_words(const std::vector<std::string>& words) {
  return fmt::format("{}{}", words.size() > 1 ? "one of " : "", fmt::join(words, ", "));
}

std::string not_one_of(std::string_view got, const std::vector<std::string>& words) {
  return not_expected(got, list_of_words(words));
}
