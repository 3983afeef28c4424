#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#include "shards/tar_format.h"

namespace diptych::shards::test {

/// An archive built field by field, so that tests can break any of them.
class CraftedTar {
 public:
  /// Adds a header and its content. `size_field`, when not empty, replaces the size field's bytes.
  CraftedTar& add(std::string_view name, std::string_view content, char type = '0',
                  std::string_view size_field = {}) {
    TarHeaderBlock block = {};
    name.copy(block.name, sizeof(block.name));
    fmt::format("{:011o}", content.size()).copy(block.size, 11);
    if (!size_field.empty()) {
      std::memset(block.size, 0, sizeof(block.size));
      size_field.copy(block.size, sizeof(block.size));
    }
    block.type = type;
    std::memcpy(block.magic, "ustar", 6);
    return add(block, content);
  }

  /// Adds a header with the right checksum put in.
  CraftedTar& add(TarHeaderBlock block, std::string_view content) {
    fmt::format("{:06o}", tar_checksum(block).as_unsigned).copy(block.checksum, 6);
    bytes_.append(reinterpret_cast<const char*>(&block), sizeof(block));
    bytes_.append(content);
    bytes_.resize((bytes_.size() + kTarBlock - 1) / kTarBlock * kTarBlock);
    return *this;
  }

  CraftedTar& end() {
    bytes_.append(2 * kTarBlock, '\0');
    return *this;
  }

  std::string& bytes() { return bytes_; }
  std::span<const std::byte> view() const { return std::as_bytes(std::span(bytes_)); }
  std::filesystem::path save(const std::filesystem::path& path) const {
    std::ofstream(path, std::ios::binary) << bytes_;
    return path;
  }

 private:
  std::string bytes_;
};

/// "<length> <key>=<value>\n" for a record shorter than 100 bytes.
inline std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  return fmt::format("{} {}={}\n", rest + (rest + 1 < 10 ? 1 : 2), key, value);
}

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace diptych::shards::test
