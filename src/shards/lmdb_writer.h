#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace diptych::shards {

/// Writes a database of LMDB, a folder with `data.mdb`, without a lock file. What was written
/// before `finish` may be there or not after a crash. Not thread-safe.
class LmdbWriter {
 public:
  /// Makes the folder, and removes a `data.mdb` in it. Throws Error(io).
  explicit LmdbWriter(const std::filesystem::path& folder);
  ~LmdbWriter();
  LmdbWriter(const LmdbWriter&) = delete;
  LmdbWriter& operator=(const LmdbWriter&) = delete;

  /// Adds an entry under a new key of 1 to 511 bytes. Throws Error(io).
  void add(std::string_view key, std::string_view value);
  /// Puts all on the disk. Throws Error(io).
  void finish();

 private:
  struct Database;

  void commit();
  void check(int result) const;

  std::string name_;
  std::unique_ptr<Database> database_;
  std::size_t waiting_ = 0;  ///< entries of the transaction that is open
};

}  // namespace diptych::shards
