#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace diptych {

/// A whole file mapped read-only. The bytes stay valid and at the same address for the object's
/// life, moves included. Reading bytes that another process cut off the file raises SIGBUS, as with
/// any mapping.
class MappedFile {
 public:
  /// Throws Error: not_found, io (also for a folder).
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  /// Gives back the memory that the pages within `bytes` take: they are read from the file again
  /// when they are used. Does nothing for bytes of no MappedFile. Any thread may call it at any
  /// time.
  static void release_pages(std::span<const std::byte> bytes) noexcept;
  /// Returns the path as given, for messages.
  const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Returns a small file's whole content. Throws Error: not_found, io, and out_of_memory above
/// `max_bytes`.
std::vector<std::byte> read_file(const std::filesystem::path& path,
                                 std::size_t max_bytes = std::size_t{1} << 30);
std::string read_text_file(const std::filesystem::path& path,
                           std::size_t max_bytes = std::size_t{1} << 28);

}  // namespace diptych
