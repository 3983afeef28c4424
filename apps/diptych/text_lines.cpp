#include "text_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

std::string count_of_texts(const LineNumbers& lines, std::size_t texts) {
  constexpr std::size_t kNamed = 5;
  const auto named = std::span(lines).first(std::min(lines.size(), kNamed));
  return fmt::format("{} of {} texts ({} {}{})", lines.size(), texts,
                     lines.size() == 1 ? "line" : "lines", fmt::join(named, ", "),
                     lines.size() > kNamed ? ", ..." : "");
}

bool is_cut(const diptych::Tokenizer& tokenizer, std::string_view text, int context_length) {
  constexpr int kWithoutLimit = 1 << 20;
  return tokenizer.encode(text, kWithoutLimit).size() > static_cast<std::size_t>(context_length);
}
