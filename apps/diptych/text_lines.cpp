#include "text_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "counted.h"

std::string count_of_texts(const LineNumbers& lines, std::size_t texts) {
  constexpr std::size_t kNamed = 5;
  const auto named = std::span(lines).first(std::min(lines.size(), kNamed));
  return fmt::format("{} of {} ({} {}{})", lines.size(), counted(texts, "text"),
                     lines.size() == 1 ? "line" : "lines", fmt::join(named, ", "),
                     lines.size() > kNamed ? ", ..." : "");
}

bool is_cut(const diptych::Tokenizer& tokenizer, std::string_view text, int context_length) {
  return tokenizer.encode(text, context_length + 1).size() >
         static_cast<std::size_t>(context_length);
}
