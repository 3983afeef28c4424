#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkpoint/containers/zip_builder.h"

// The pieces of a GGUF file.

namespace diptych::test {

inline std::string gguf_text(const std::string& value) {
  return little_endian<std::uint64_t>(value.size()) + value;
}

/// A key and its value, already in bytes, of one of the format's types.
inline std::string gguf_pair(const std::string& key, std::uint32_t type, const std::string& value) {
  return gguf_text(key) + little_endian(type) + value;
}

/// A tensor's entry; `sizes` innermost first, as in files.
inline std::string gguf_entry(const std::string& name, const std::vector<std::uint64_t>& sizes,
                              std::uint32_t type, std::uint64_t offset) {
  std::string result = gguf_text(name) + little_endian(static_cast<std::uint32_t>(sizes.size()));
  for (const std::uint64_t size : sizes) result += little_endian(size);
  return result + little_endian(type) + little_endian(offset);
}

inline std::string gguf_file(const std::vector<std::string>& pairs,
                             const std::vector<std::string>& entries, const std::string& data,
                             std::uint32_t version = 3) {
  std::string result = "GGUF" + little_endian(version) +
                       little_endian<std::uint64_t>(entries.size()) +
                       little_endian<std::uint64_t>(pairs.size());
  for (const std::string& piece : pairs) result += piece;
  for (const std::string& piece : entries) result += piece;
  result.resize((result.size() + 31) / 32 * 32);
  return result + data;
}

}  // namespace diptych::test
