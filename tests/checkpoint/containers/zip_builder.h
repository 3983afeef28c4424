#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace diptych::test {

template <typename T>
std::string little_endian(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

/// An entry, with what a test wants to be wrong about it.
struct ZipPart {
  std::string name;
  std::string data;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::optional<std::uint32_t> stored = {};    ///< compressed size, in both headers
  std::optional<std::uint32_t> size = {};      ///< both sizes, in the central directory only
  std::optional<std::uint32_t> offset = {};    ///< of the local header, as the directory states it
  std::optional<std::string> local_name = {};  ///< in the local header
  std::optional<std::uint32_t> crc32 = {};     ///< in both headers
  bool wide = false;                           ///< sizes and offset in zip64 extra fields
};

inline std::uint32_t crc_of(const std::string& data) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
}

/// The fields that local and central headers share, from the flags on.
inline std::string zip_fields(const ZipPart& part, std::uint32_t size) {
  const std::uint32_t shown = part.wide ? 0xFFFFFFFFU : size;
  return little_endian(part.flags) + little_endian(part.method) + little_endian<std::uint32_t>(0) +
         little_endian(part.crc32.value_or(crc_of(part.data))) +
         little_endian(part.wide ? shown : part.stored.value_or(shown)) + little_endian(shown);
}

/// A zip file of these entries; `wide` ends it with the zip64 records.
inline std::string build_zip(const std::vector<ZipPart>& parts, bool wide = false) {
  std::string file;
  std::string directory;
  for (const ZipPart& part : parts) {
    const auto size = static_cast<std::uint32_t>(part.data.size());
    const auto offset = part.offset.value_or(static_cast<std::uint32_t>(file.size()));
    const std::string sizes64 =
        little_endian<std::uint64_t>(size) + little_endian<std::uint64_t>(size);
    const std::string local_extra =
        part.wide ? little_endian<std::uint16_t>(1) + little_endian<std::uint16_t>(16) + sizes64
                  : "";
    const std::string extra = part.wide ? little_endian<std::uint16_t>(1) +
                                              little_endian<std::uint16_t>(24) + sizes64 +
                                              little_endian<std::uint64_t>(offset)
                                        : "";
    const std::string local_name = part.local_name.value_or(part.name);
    file += "PK\3\4" + little_endian<std::uint16_t>(0) + zip_fields(part, size) +
            little_endian(static_cast<std::uint16_t>(local_name.size())) +
            little_endian(static_cast<std::uint16_t>(local_extra.size())) + local_name +
            local_extra + part.data;
    directory += "PK\1\2" + little_endian<std::uint32_t>(0) +
                 zip_fields(part, part.size.value_or(size)) +
                 little_endian(static_cast<std::uint16_t>(part.name.size())) +
                 little_endian(static_cast<std::uint16_t>(extra.size())) + std::string(10, '\0') +
                 little_endian(part.wide ? 0xFFFFFFFFU : offset) + part.name + extra;
  }
  const auto count = static_cast<std::uint16_t>(parts.size());
  const auto begin = static_cast<std::uint32_t>(file.size());
  file += directory;
  if (wide) {
    const auto record = static_cast<std::uint64_t>(file.size());
    file += "PK\6\6" + little_endian<std::uint64_t>(44) + std::string(12, '\0') +
            little_endian<std::uint64_t>(count) + little_endian<std::uint64_t>(count) +
            little_endian<std::uint64_t>(directory.size()) + little_endian<std::uint64_t>(begin);
    file += "PK\6\7" + little_endian<std::uint32_t>(0) + little_endian(record) +
            little_endian<std::uint32_t>(1);
    return file + "PK\5\6" + std::string(4, '\0') + std::string(12, '\xFF') + std::string(2, '\0');
  }
  return file + "PK\5\6" + std::string(4, '\0') + little_endian(count) + little_endian(count) +
         little_endian(static_cast<std::uint32_t>(directory.size())) + little_endian(begin) +
         std::string(2, '\0');
}

}  // namespace diptych::test
