#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/mapped_file.h"
#include "shards/shard.h"

namespace diptych::shards {

/// A CSV or TSV table with a header row, one row a sample: an image's path and its caption. Images
/// are read when a sample is. A sample has the part "txt" and one named by the image's extension
/// ("jpg" when that is none of kImageExtensions: decoders look at the content).
class TableShard final : public Shard {
 public:
  /// Maps the table and finds its rows. Rows that cannot be used are in `problems()`. Throws Error:
  /// not_found, io, and invalid_argument when a column is missing.
  TableShard(const std::filesystem::path& path, const ShardOptions& options);

  Sample read(std::uint64_t offset) const override;

 private:
  void read_header(const ShardOptions& options);
  void index_rows(const ShardOptions& options);

  std::shared_ptr<const MappedFile> file_;
  std::string_view text_;
  std::filesystem::path image_root_;
  char separator_;
  std::size_t columns_ = 0;
  std::size_t image_column_ = 0;
  std::size_t caption_column_ = 0;
  std::size_t first_row_ = 0;
};

}  // namespace diptych::shards
