#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/containers/stored_sums.h"

namespace diptych::checkpoint {

struct ZipEntry {
  std::span<const std::byte> bytes;  ///< as they lie in the file
  std::uint32_t crc32 = 0;           ///< of what was compressed, where it was; 0: not kept
  bool compressed = false;
};

/// The entries of a zip file as PyTorch and numpy.savez write them, which store what counts; zip64
/// too. Compressed entries, as TorchScript's code, may be there but not be read. The views point
/// into the given bytes. Nothing is extracted, yet names that would leave a folder are refused. The
/// central directory, the local headers and the data must agree and not overlap.
class ZipArchive {
 public:
  /// `name` stands for the file in messages. Throws Error: corrupt_data, and unsupported for
  /// encrypted and multi-volume archives.
  ZipArchive(std::span<const std::byte> bytes, const std::string& name);

  const std::map<std::string, ZipEntry, std::less<>>& entries() const { return entries_; }
  /// Returns the bytes of the whole file.
  std::size_t size() const { return size_; }
  /// Returns the entry of a name, null when there is none. Throws Error(unsupported) for a
  /// compressed one.
  const ZipEntry* find(std::string_view entry) const;
  /// Returns what is kept of a stored entry's bytes, nothing when there is no sum: torch.save
  /// leaves sums out on request (`torch.serialization.set_crc32_options`). `entry` must exist.
  std::optional<StoredSum> sum(std::string_view entry) const;
  /// Returns the sums of all stored entries that have one.
  std::vector<StoredSum> sums() const;
  /// Returns the entry's bytes after a check of their CRC-32, where it is kept. Throws as find
  /// does, and Error(corrupt_data) also when there is no such entry.
  std::span<const std::byte> checked(std::string_view entry) const;

 private:
  std::string name_;
  std::size_t size_;
  std::map<std::string, ZipEntry, std::less<>> entries_;
};

/// Returns whether the bytes begin as a zip file does.
bool looks_like_zip(std::span<const std::byte> bytes);

}  // namespace diptych::checkpoint
