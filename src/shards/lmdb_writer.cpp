#include "shards/lmdb_writer.h"

#include <lmdb.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/folders.h"

namespace diptych::shards {

namespace {

/// Entries of a transaction, whose pages are in memory: as in Chinese-CLIP's own program.
constexpr std::size_t kEntriesAtOnce = 1000;
/// Addresses, not bytes: the file grows with what is in it. Fewer where the process may not have as
/// many (`ulimit -v`, a thread sanitizer).
constexpr std::size_t kMostBytes = std::size_t{1} << 40;
constexpr std::size_t kLeastMostBytes = std::size_t{1} << 30;

MDB_val value_of(std::string_view bytes) {
  return {.mv_size = bytes.size(), .mv_data = const_cast<char*>(bytes.data())};
}

}  // namespace

struct LmdbWriter::Database {
  /// Returns LMDB's error, or 0.
  int open(const std::filesystem::path& folder, std::size_t most_bytes) {
    constexpr unsigned kFlags = MDB_NOLOCK | MDB_NOSYNC;
    constexpr mdb_mode_t kMode = 0666;
    if (environment != nullptr) mdb_env_close(std::exchange(environment, nullptr));
    if (const int error = mdb_env_create(&environment)) return error;
    if (const int error = mdb_env_set_mapsize(environment, most_bytes)) return error;
    return mdb_env_open(environment, folder.c_str(), kFlags, kMode);
  }

  MDB_env* environment = nullptr;
  MDB_txn* transaction = nullptr;
  MDB_dbi entries = 0;

  ~Database() {
    if (transaction != nullptr) mdb_txn_abort(transaction);
    if (environment != nullptr) mdb_env_close(environment);
  }
};

LmdbWriter::LmdbWriter(const std::filesystem::path& folder)
    : name_(folder.string()), database_(std::make_unique<Database>()) {
  make_folders(folder);
  std::error_code error;
  std::filesystem::remove(folder / "data.mdb", error);
  if (error) fail(ErrorCode::io, "cannot remove data.mdb: {} ({})", error.message(), name_);
  std::size_t most_bytes = kMostBytes;
  int result = database_->open(folder, most_bytes);
  while (result == ENOMEM && most_bytes > kLeastMostBytes)
    result = database_->open(folder, most_bytes /= 2);
  check(result);
}

LmdbWriter::~LmdbWriter() = default;

void LmdbWriter::add(std::string_view key, std::string_view value) {
  if (database_->transaction == nullptr) {
    check(mdb_txn_begin(database_->environment, nullptr, 0, &database_->transaction));
    check(mdb_dbi_open(database_->transaction, nullptr, 0, &database_->entries));
  }
  MDB_val name = value_of(key);
  MDB_val content = value_of(value);
  check(mdb_put(database_->transaction, database_->entries, &name, &content, MDB_NOOVERWRITE));
  if (++waiting_ == kEntriesAtOnce) commit();
}

void LmdbWriter::commit() {
  if (database_->transaction != nullptr) {
    check(mdb_txn_commit(std::exchange(database_->transaction, nullptr)));
  }
  waiting_ = 0;
}

void LmdbWriter::finish() {
  commit();
  check(mdb_env_sync(database_->environment, /*force=*/1));
}

void LmdbWriter::check(int result) const {
  if (result != MDB_SUCCESS)
    fail(ErrorCode::io, "cannot write the database: {} ({})", mdb_strerror(result), name_);
}

}  // namespace diptych::shards
