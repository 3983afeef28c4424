#include "shards/lmdb_writer.h"

#include <lmdb.h>

#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/folders.h"

namespace diptych::shards {

namespace {

/// Entries of a transaction, whose pages are in memory: as in Chinese-CLIP's own program.
constexpr std::size_t kEntriesAtOnce = 1000;
/// Addresses, not bytes: the file grows with what is in it.
constexpr std::size_t kMostBytes = std::size_t{1} << 40;

MDB_val value_of(std::string_view bytes) {
  return {.mv_size = bytes.size(), .mv_data = const_cast<char*>(bytes.data())};
}

}  // namespace

struct LmdbWriter::Database {
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
  constexpr unsigned kFlags = MDB_NOLOCK | MDB_NOSYNC;
  constexpr mdb_mode_t kMode = 0666;
  make_folders(folder);
  std::error_code error;
  std::filesystem::remove(folder / "data.mdb", error);
  if (error) fail(ErrorCode::io, "cannot remove data.mdb: {} ({})", error.message(), name_);
  check(mdb_env_create(&database_->environment));
  check(mdb_env_set_mapsize(database_->environment, kMostBytes));
  check(mdb_env_open(database_->environment, folder.c_str(), kFlags, kMode));
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
