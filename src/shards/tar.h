#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/atomic_file.h"

namespace diptych::shards {

/// A regular file inside a tar archive.
struct TarEntry {
  /// As stored, `/` between parts. Only a name: nothing is ever written there.
  std::string name;
  /// Where the entry begins in the archive, its extended headers included: a reader that starts
  /// here reads this entry first.
  std::uint64_t offset = 0;
  /// The content, inside the archive's own bytes.
  std::span<const std::byte> data;
};

/// Walks the regular files of a POSIX ustar, pax or GNU archive without copying their content.
/// Folders, links and devices are passed over. Not thread-safe; any number may share the bytes.
class TarReader {
 public:
  /// `bytes` is the whole archive and must outlive the entries, `name` stands for it in messages,
  /// `offset` is where to begin: 0, or the `offset` of an entry.
  TarReader(std::span<const std::byte> bytes, std::string name, std::uint64_t offset = 0);

  /// Returns the next regular file, or nothing at the archive's end. Throws Error(corrupt_data)
  /// where the archive is damaged, also when it stops without an end marker, and Error(unsupported)
  /// at a sparse file, naming archive and offset. After an error the reader is at its end.
  std::optional<TarEntry> next();
  /// Returns how many links, hard or symbolic, were passed over so far: what they point to is not
  /// read.
  std::uint64_t links() const { return links_; }
  /// Returns how many entries of a type that nobody defined, or of another volume, were passed over
  /// with what they hold.
  std::uint64_t unknown() const { return unknown_; }

 private:
  struct Header;
  struct Extensions;

  std::optional<TarEntry> read_entry();
  Header read_header() const;
  void expect_nothing_more();
  std::span<const std::byte> take_data(std::uint64_t size);
  void read_extension(const Header& header, Extensions& extensions);
  [[noreturn]] void damaged(std::string_view what) const;

  std::span<const std::byte> bytes_;
  std::string name_;
  std::uint64_t offset_ = 0;
  std::uint64_t links_ = 0;
  std::uint64_t unknown_ = 0;
  bool finished_ = false;
};

/// Writes a POSIX ustar archive (pax headers where a name or size does not fit) that appears whole
/// at `commit` or not at all. The same entries give the same bytes: no time, user or machine is
/// recorded. Not thread-safe.
class TarWriter {
 public:
  /// Throws Error(io).
  explicit TarWriter(std::filesystem::path path);

  /// Appends a regular file. Throws Error: io, and invalid_argument for a name that is empty or
  /// holds a NUL.
  void add(std::string_view name, std::span<const std::byte> data);
  /// Writes the end marker and moves the archive to its place. Nothing may be added afterwards.
  void commit();

 private:
  void add_pax_header(std::string_view name, std::uint64_t size);
  void write_padded(std::span<const std::byte> data);

  AtomicFile file_;
};

}  // namespace diptych::shards
