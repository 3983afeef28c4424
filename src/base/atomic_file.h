#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "diptych/output_file.h"

namespace diptych {

/// A file that appears whole or not at all: bytes go to a file beside `path` that has no name where
/// the file system can have such, so that nothing is left of it whatever ends the program; `commit`
/// syncs it and puts it at `path`. Without a commit it vanishes, and what was at `path` stays. Not
/// thread-safe. A link at `path` stays one.
class AtomicFile {
 public:
  /// `existing`: whether `commit` replaces what is there by then. Throws Error(io), also where a
  /// device, a pipe or a link to nothing stands, which would be replaced.
  explicit AtomicFile(std::filesystem::path path, Existing existing = Existing::replaced);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Appends. Throws Error(io), naming the file.
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  /// Throws also Error(invalid_argument) for an existing file that is kept.
  void commit();

 private:
  void open_named();
  bool give_name();
  bool place();
  std::string unnamed_path() const;

  std::filesystem::path path_;
  Existing existing_;
  std::string temporary_;  ///< its name before `commit`; empty: none
  int descriptor_ = -1;
};

/// Returns the name of the file that one called `name` was to replace, where that is a name that an
/// AtomicFile has between its two steps (NAME.12-3): a process that is killed there leaves it.
/// Nothing for other names.
std::optional<std::string_view> replaced_name(std::string_view name);

/// Writes a whole file atomically. Throws Error(io).
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace diptych
