#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace diptych {

/// A file that appears whole or not at all: bytes go to a temporary file beside `path`, and
/// `commit` syncs it and renames it over `path`. Without a commit the destructor removes the
/// temporary file, and what was at `path` stays. Not thread-safe.
class AtomicFile {
 public:
  /// Throws Error(io).
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Appends. Throws Error(io), naming the file.
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  void commit();

 private:
  std::filesystem::path path_;
  std::string temporary_;
  int descriptor_ = -1;
};

/// Writes a whole file atomically. Throws Error(io).
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace diptych
