#include "inputs.h"

#include <diptych/error.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

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

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

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
    const std::size_t comma = text.find(',');
    parts.emplace_back(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}
