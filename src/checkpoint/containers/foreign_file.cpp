#include "checkpoint/containers/foreign_file.h"

#include <algorithm>
#include <string>

#include "base/ascii.h"

namespace diptych::checkpoint {
namespace {

constexpr std::string_view kLfsPointer = "version https://git-lfs.github.com/spec/";

/// The first characters, in small letters, after whitespace and a byte order mark.
std::string beginning(std::span<const std::byte> bytes) {
  constexpr std::size_t kEnough = 256;
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  std::string_view rest(text, std::min(bytes.size(), kEnough));
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
  return ascii_lower(rest);
}

bool is_text(std::span<const std::byte> bytes) {
  constexpr std::size_t kEnough = 4096;
  const auto first = bytes.first(std::min(bytes.size(), kEnough));
  return std::ranges::all_of(first, [](std::byte byte) {
    return byte >= std::byte{0x20} || byte == std::byte{'\n'} || byte == std::byte{'\r'} ||
           byte == std::byte{'\t'};
  });
}

}  // namespace

std::string_view foreign_content(std::span<const std::byte> bytes) {
  const std::string text = beginning(bytes);
  if (text.starts_with(kLfsPointer))
    return "a Git LFS pointer in the file's place (`git lfs pull` fetches the file)";
  for (const std::string_view tag : {"<!doctype html", "<html", "<?xml", "<head"}) {
    if (text.starts_with(tag)) return "an HTML or XML page, as a server answers in a file's place";
  }
  return {};
}

std::string_view describe_content(std::span<const std::byte> bytes) {
  if (bytes.empty()) return "an empty file";
  if (const std::string_view foreign = foreign_content(bytes); !foreign.empty()) return foreign;
  const std::string text = beginning(bytes);
  if (is_text(bytes) && (text.starts_with('{') || text.starts_with('[')))
    return "a JSON text, as a config is or a server's error message";
  return is_text(bytes) ? "a text" : "a file of another kind";
}

}  // namespace diptych::checkpoint
