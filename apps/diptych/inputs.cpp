#include "inputs.h"

#include <diptych/error.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

namespace {

std::vector<std::string> read_parts(std::istream& input, const std::string& name, char end) {
  std::vector<std::string> parts;
  std::string part;
  while (std::getline(input, part, end)) {
    if (end == '\n' && part.ends_with('\r')) part.pop_back();
    if (end == '\n' && parts.empty() && part.starts_with("\xEF\xBB\xBF")) part.erase(0, 3);
    parts.push_back(part);
  }
  if (input.bad()) {
    throw diptych::Error(diptych::ErrorCode::io,
                         fmt::format("cannot read {}: {}", name, std::strerror(errno)));
  }
  return parts;
}

std::vector<std::string> read_parts(const std::string& path, char end) {
  if (path == "-") return read_parts(std::cin, "standard input", end);
  std::ifstream file(path);
  if (!file) {
    const auto code = errno == ENOENT ? diptych::ErrorCode::not_found : diptych::ErrorCode::io;
    throw diptych::Error(code, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  return read_parts(file, path, end);
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::vector<std::string> read_lines(const std::string& path) {
  return read_parts(path, '\n');
}

std::vector<std::string> read_nul_ended(const std::string& path) {
  return read_parts(path, '\0');
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
