#include "inputs.h"

#include <diptych/error.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <system_error>
#include <utility>

#include "console.h"

namespace {

/// A line, or several that CR alone ends, as old spreadsheets write them.
void add_lines(std::string_view text, std::vector<std::string>& lines) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  for (std::size_t end = text.find('\r'); end != std::string_view::npos; end = text.find('\r')) {
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  lines.emplace_back(text);
}

std::vector<std::string> read_parts(std::istream& input, const std::string& name, char end) {
  std::vector<std::string> parts;
  std::string part;
  while (std::getline(input, part, end)) {
    if (end == '\n' && parts.empty() && part.starts_with("\xEF\xBB\xBF")) part.erase(0, 3);
    if (end == '\n') {
      add_lines(part, parts);
    } else {
      parts.push_back(part);
    }
    if (end == '\n' && part.find('\0') != std::string::npos) {
      throw diptych::Error(
          diptych::ErrorCode::invalid_argument,
          fmt::format(
              "{}: got a byte of zero in line {}, expected lines of UTF-8: is it UTF-16, or "
              "a list of names that end with zero bytes, as --files-from takes with -0?",
              name, parts.size()));
    }
  }
  if (input.bad()) {
    throw diptych::Error(diptych::ErrorCode::io,
                         fmt::format("cannot read {}: {}", name, std::strerror(errno)));
  }
  return parts;
}

/// Whoever came second would find nothing.
std::vector<std::string> read_standard_input(char end) {
  static bool is_read = false;
  if (std::exchange(is_read, true)) {
    throw diptych::Error(diptych::ErrorCode::invalid_argument,
                         "standard input: got it for two options, expected - once");
  }
  std::vector<std::string> parts = read_parts(std::cin, "standard input", end);
  check_standard_input();
  return parts;
}

std::vector<std::string> read_parts(const std::string& path, char end) {
  if (path == "-") return read_standard_input(end);
  std::ifstream file(path);
  if (!file) {
    const auto code = errno == ENOENT ? diptych::ErrorCode::not_found : diptych::ErrorCode::io;
    throw diptych::Error(code, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  return read_parts(file, path, end);
}

constexpr std::array<std::string_view, 4> kBlanks = {" ", "\t", "\r", "\u3000"};
/// The comma, and the two that a Chinese keyboard types.
constexpr std::array<std::string_view, 3> kCommas = {",", "，", "、"};

/// The first comma of a text from a place on, and how many bytes it has: none at the end of a text
/// without one.
std::pair<std::size_t, std::size_t> find_comma(std::string_view text, std::size_t from = 0) {
  std::pair<std::size_t, std::size_t> first = {text.size(), 0};
  for (const std::string_view comma : kCommas)
    first = std::min(first, {text.find(comma, from), comma.size()});
  return first;
}

/// How many bytes of a text a part in double quotes takes at its start, with the quotes: none when
/// something else than a comma follows them.
std::size_t quoted_bytes(std::string_view text) {
  if (!text.starts_with('"')) return 0;
  const std::size_t end = text.find('"', 1);
  if (end == std::string_view::npos) return 0;
  const std::string_view rest = trim(text.substr(end + 1));
  return rest.empty() || find_comma(rest).first == 0 ? end + 1 : 0;
}

[[noreturn]] void refuse_quote(std::string_view text) {
  throw diptych::Error(
      diptych::ErrorCode::invalid_argument,
      fmt::format("list: got {}, whose quote nothing closes, expected another one", text));
}

}  // namespace

void check_standard_input() {
  // std::cin takes an error for an end.
  if (std::ferror(stdin) == 0) return;
  throw diptych::Error(diptych::ErrorCode::io,
                       fmt::format("cannot read standard input: {}", std::strerror(errno)));
}

std::string_view trim(std::string_view text) {
  for (const std::string_view blank : kBlanks) {
    if (text.starts_with(blank)) return trim(text.substr(blank.size()));
    if (text.ends_with(blank)) return trim(text.substr(0, text.size() - blank.size()));
  }
  return text;
}

void note_repeated(const std::vector<std::string>& files) {
  std::set<std::filesystem::path> seen;
  for (const std::string& file : files) {
    std::error_code unknown;
    const auto whole = std::filesystem::weakly_canonical(file, unknown);
    if (!seen.insert(unknown ? std::filesystem::path(file) : whole).second)
      print_note(fmt::format("{} is named twice, and taken twice", file));
  }
}

std::vector<std::string> read_lines(const std::string& path) {
  return read_parts(path, '\n');
}

std::vector<std::string> read_nul_ended(const std::string& path) {
  return read_parts(path, '\0');
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    text = trim(text);
    if (text.starts_with('"') && text.find('"', 1) == std::string_view::npos) refuse_quote(text);
    const std::size_t quoted = quoted_bytes(text);
    const auto [comma, bytes] = find_comma(text, quoted);
    parts.emplace_back(quoted > 0 ? text.substr(1, quoted - 2) : trim(text.substr(0, comma)));
    if (bytes == 0) return parts;
    text.remove_prefix(comma + bytes);
  }
}
