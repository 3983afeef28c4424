#include "shards/sample.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/as_text.h"
#include "base/ascii.h"

namespace diptych::shards {
namespace {

/// A path part that starts with "__" and ends with "__".
bool is_metadata(std::string_view path) {
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    if (part.size() >= 4 && part.starts_with("__") && part.ends_with("__")) return true;
    path.remove_prefix(std::min(path.size(), part.size() + 1));
  }
  return false;
}

}  // namespace

std::optional<std::span<const std::byte>> Sample::image() const {
  for (const std::string_view extension : kImageExtensions) {
    if (const auto part = parts.find(extension); part != parts.end()) return part->second;
  }
  return std::nullopt;
}

std::size_t Sample::pictures() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      parts, [](const auto& part) { return is_image_extension(part.first); }));
}

std::optional<std::string_view> Sample::text(std::string_view extension) const {
  const auto part = parts.find(extension);
  if (part == parts.end()) return std::nullopt;
  return as_text(part->second);
}

std::string Sample::place() const {
  return line > 0 ? fmt::format("line {}", line) : fmt::format("offset {}, key {}", offset, key);
}

std::string Sample::part_names() const {
  std::string names;
  for (const auto& [name, bytes] : parts) names += (names.empty() ? "" : ", ") + name;
  return names;
}

bool is_image_extension(std::string_view extension) {
  return std::find(kImageExtensions.begin(), kImageExtensions.end(), extension) !=
         kImageExtensions.end();
}

std::optional<SampleName> split_sample_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::size_t base = slash == std::string_view::npos ? 0 : slash + 1;
  const std::size_t dot = path.find('.', base);
  if (dot == std::string_view::npos || dot == base || dot + 1 == path.size()) return std::nullopt;
  if (is_metadata(path)) return std::nullopt;
  SampleName name{path.substr(0, dot), std::string(path.substr(dot + 1))};
  name.extension = ascii_lower(name.extension);
  return name;
}

}  // namespace diptych::shards
