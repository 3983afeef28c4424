#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "columns/column_file.h"
#include "curate/download/shard_journal.h"
#include "diptych/download.h"

namespace diptych::curate {

/// Where a shard's files are.
struct ShardFiles {
  std::filesystem::path tar;
  std::filesystem::path sidecar;
  std::filesystem::path statistics;  ///< written last: a shard with it is complete
  std::filesystem::path journal;
};
ShardFiles shard_files(const DownloadOptions& options, std::size_t number);

/// Adds what became of the URLs of a shard that is complete to a report. Throws Error: io,
/// corrupt_data.
void add_statistics(const std::filesystem::path& statistics, DownloadReport& report);

/// Returns the key of a shard's sample, as img2dataset's: "000010005" is sample 5 of shard 1, of
/// 10,000.
std::string sample_key(std::size_t shard, std::size_t index, std::size_t samples_per_shard);

/// A shard that is being downloaded. Thread-safe but for its destruction.
class OpenShard {
 public:
  /// Takes up what an earlier run left of it. Throws Error(io).
  OpenShard(const DownloadOptions& options, std::size_t number);

  bool has(std::size_t index) const;
  /// Adds the result of a URL. Throws Error(io).
  void add(std::size_t index, const JournalEntry& entry);
  /// Says how many URLs there are, when the last was read.
  void close(std::size_t count);

  /// Writes the shard if it is closed, whole, and not written yet; adds what became of its URLs to
  /// `report`, under `report_mutex`. Returns whether it is written. Throws Error: io, corrupt_data.
  bool complete(DownloadReport& report, std::mutex& report_mutex);

 private:
  struct Writing;
  std::vector<columns::Column> sidecar_columns() const;
  void write(Writing& writing) const;
  void write_statistics(const Writing& writing) const;

  const DownloadOptions& options_;
  std::size_t number_;
  ShardFiles files_;
  std::chrono::system_clock::time_point start_;
  mutable std::mutex mutex_;
  ShardJournal journal_;
  std::size_t count_ = 0;
  bool is_closed_ = false;
  bool is_written_ = false;
};

}  // namespace diptych::curate
