#include "inputs.h"

#include <diptych/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <utility>

namespace {

std::vector<std::string> read_lines(std::istream& input, const std::string& name) {
  std::vector<std::string> lines;
  std::string line;
  while (std::getline(input, line)) {
    if (line.ends_with('\r')) line.pop_back();
    if (lines.empty() && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    lines.push_back(line);
  }
  if (input.bad()) {
    throw diptych::Error(diptych::ErrorCode::io,
                         fmt::format("cannot read {}: {}", name, std::strerror(errno)));
  }
  return lines;
}

constexpr std::array<std::string_view, 3> kBlanks = {" ", "\t", "\u3000"};
/// The comma, and the two that a Chinese keyboard types.
constexpr std::array<std::string_view, 3> kCommas = {",", "，", "、"};

/// The first comma of a text, and how many bytes it has: none at the end of a text without one.
std::pair<std::size_t, std::size_t> find_comma(std::string_view text) {
  std::pair<std::size_t, std::size_t> first = {text.size(), 0};
  for (const std::string_view comma : kCommas)
    first = std::min(first, {text.find(comma), comma.size()});
  return first;
}

}  // namespace

std::string_view trim(std::string_view text) {
  for (const std::string_view blank : kBlanks) {
    if (text.starts_with(blank)) return trim(text.substr(blank.size()));
    if (text.ends_with(blank)) return trim(text.substr(0, text.size() - blank.size()));
  }
  return text;
}

std::vector<std::string> read_lines(const std::string& path) {
  if (path == "-") return read_lines(std::cin, "standard input");
  std::ifstream file(path);
  if (!file) {
    const auto code = errno == ENOENT ? diptych::ErrorCode::not_found : diptych::ErrorCode::io;
    throw diptych::Error(code, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  return read_lines(file, path);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    const auto [comma, bytes] = find_comma(text);
    parts.emplace_back(trim(text.substr(0, comma)));
    if (bytes == 0) return parts;
    text.remove_prefix(comma + bytes);
  }
}
