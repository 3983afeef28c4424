#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "shards/tar.h"

namespace diptych::shards {

struct ShardWriterOptions {
  /// Samples in each shard; the last has what is left. Default: 10,000, as img2dataset's.
  std::size_t samples_per_shard = 10'000;
  /// The number of the first shard, for adding to a folder. Default: 0.
  std::size_t first_shard = 0;
};

/// Writes samples as webdataset shards 000000.tar, 000001.tar ... Each appears whole when it is
/// full; a writer that dies leaves only whole shards (and a temporary file that no reader takes for
/// one). The same samples give the same bytes. Not thread-safe.
class ShardWriter {
 public:
  using Parts = std::map<std::string, std::span<const std::byte>, std::less<>>;

  /// Makes the folder. Throws Error: io, invalid_argument.
  explicit ShardWriter(std::filesystem::path folder, ShardWriterOptions options = {});

  /// Appends a sample: its parts by extension, as in Sample. Throws Error: io, and invalid_argument
  /// for what a reader would not give back: a key whose base name is empty, hidden or has a dot, a
  /// key equal to the one before it, extensions in upper case or with `/`, no parts.
  void add(std::string_view key, const Parts& parts);
  /// Commits the last shard; without it the samples since the last full shard are dropped.
  void finish();

 private:
  void check_sample(std::string_view key, const Parts& parts) const;
  void commit_shard();

  std::filesystem::path folder_;
  ShardWriterOptions options_;
  std::unique_ptr<TarWriter> shard_;
  std::size_t samples_in_shard_ = 0;
  std::size_t shards_written_ = 0;
  std::string last_key_;
};

}  // namespace diptych::shards
