#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/atomic_file.h"

namespace diptych::checkpoint {

/// Writes a zip file of stored entries, each entry's data at a multiple of 64 bytes, atomically.
/// Sizes and offsets beyond 4 GiB are written as zip64 has them.
class ZipWriter {
 public:
  explicit ZipWriter(const std::filesystem::path& path) : file_(path) {}

  /// Throws Error(io).
  void add(const std::string& entry, std::span<const std::byte> data);
  void commit();

 private:
  void write(const std::string& bytes);

  AtomicFile file_;
  std::uint64_t position_ = 0;
  std::uint64_t entries_ = 0;
  std::string directory_;
};

}  // namespace diptych::checkpoint
