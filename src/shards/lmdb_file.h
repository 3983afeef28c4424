#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"

namespace diptych::shards {

/// A database of LMDB (`data.mdb`, version 1, of a machine with 64 bits, little endian), read as
/// its last commit left it. Every number in it is checked before it is used; liblmdb trusts its
/// files. Immutable and thread-safe.
class LmdbFile {
 public:
  struct Entry {
    std::string_view key;
    std::string_view value;
  };

  /// Finds all entries. Throws Error: not_found, io; corrupt_data for a file that is cut, damaged
  /// or no such database; unsupported for named databases in it and keys with several values.
  explicit LmdbFile(const std::filesystem::path& path);

  /// Returns the entries by their keys' bytes, ascending.
  const std::vector<Entry>& entries() const { return entries_; }
  /// Returns the value of a key.
  std::optional<std::string_view> find(std::string_view key) const;
  const std::string& name() const { return file_.name(); }

 private:
  struct Meta;
  struct Page;

  std::optional<Meta> meta_at(std::uint64_t offset) const;
  Meta last_commit() const;
  Page page_at(std::uint64_t number) const;
  void read_page(std::uint64_t number, int depth);
  void read_leaf(const Page& page);
  std::string_view long_value(std::uint64_t number, std::uint64_t size) const;
  [[noreturn]] void damaged(std::string_view what) const;

  MappedFile file_;
  std::string_view bytes_;
  std::uint64_t page_size_ = 0;
  std::uint64_t pages_read_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace diptych::shards
