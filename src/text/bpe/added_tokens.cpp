#include "text/bpe/added_tokens.h"

#include <charconv>
#include <optional>
#include <utility>

#include "base/error.h"
#include "text/bpe/lines.h"
#include "text/characters/unicode.h"

namespace diptych::text {
namespace {

/// Each is looked for in a text by itself.
constexpr std::size_t kMaxTokens = 1 << 14;

constexpr std::string_view kRaw = " raw ";
constexpr std::string_view kCleaned = " cleaned ";

std::optional<AddedToken> parse_line(std::string_view line) {
  AddedToken token;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), token.id);
  if (error != std::errc() || token.id < 0) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  token.in_cleaned_text = line.starts_with(kCleaned);
  if (!token.in_cleaned_text && !line.starts_with(kRaw)) return std::nullopt;
  token.content = decode_utf8(line.substr(token.in_cleaned_text ? kCleaned.size() : kRaw.size()));
  if (token.content.empty()) return std::nullopt;
  return token;
}

}  // namespace

std::vector<AddedToken> parse_added_tokens(std::string_view lines) {
  std::vector<AddedToken> tokens;
  while (!lines.empty()) {
    const std::string_view line = take_line(lines);
    auto token = parse_line(line);
    if (!token) {
      fail(ErrorCode::corrupt_data,
           "added tokens: got \"{}\", expected \"ID raw TOKEN\" or \"ID cleaned TOKEN\"", line);
    }
    tokens.push_back(std::move(*token));
    if (tokens.size() > kMaxTokens)
      fail(ErrorCode::unsupported, "added tokens: got more than {}", kMaxTokens);
  }
  return tokens;
}

std::string write_added_token(std::int32_t id, bool in_cleaned_text, std::string_view content) {
  return fmt::format("{}{}{}\n", id, in_cleaned_text ? kCleaned : kRaw, content);
}

FoundToken find_token(std::u32string_view text, const std::vector<AddedToken>& tokens) {
  FoundToken first{.begin = text.size(), .length = 0, .id = 0};
  for (const AddedToken& token : tokens) {
    const std::size_t begin = text.find(token.content);
    const std::size_t length = token.content.size();
    if (begin == text.npos || begin > first.begin) continue;
    if (begin < first.begin || length > first.length)
      first = {.begin = begin, .length = length, .id = token.id};
  }
  return first;
}

}  // namespace diptych::text
