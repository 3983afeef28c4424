#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/mapped_file.h"

namespace diptych::shards {

/// The most that one compressed file may unpack to.
inline constexpr std::uint64_t kMaxUnpackedBytes = std::uint64_t{64} << 30;

/// The whole content of a shard or table, or of what a command writes (`open_input`). One that is
/// compressed with gzip or zstd, whatever its name, is unpacked once into a file of the temporary
/// folder ($TMPDIR, otherwise /tmp) that has no name any more and vanishes with the object: samples
/// are read in any order, which a stream cannot give.
class SourceFile {
 public:
  /// Throws Error: as open_input; io, also when the temporary folder is full; corrupt_data for a
  /// compressed file that is cut or damaged; out_of_memory for one that unpacks to over
  /// kMaxUnpackedBytes, or to over a thousand times its size.
  explicit SourceFile(const std::filesystem::path& path);

  std::span<const std::byte> bytes() const noexcept { return file_.bytes(); }
  /// Returns the path as given, for messages.
  const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
  MappedFile file_;
};

/// Returns what a file is by its first bytes, when it is none of those that hold samples: "a zip
/// archive". Nothing when they say nothing.
std::optional<std::string_view> foreign_content(std::span<const std::byte> bytes);

}  // namespace diptych::shards
