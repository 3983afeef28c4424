#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shards/shard.h"
#include "shards/source_file.h"

namespace diptych::shards {

/// A CSV or TSV table in UTF-8 (or UTF-16 with a byte order mark) with a header row, one row a
/// sample: an image's path and its caption. Images are read when a sample is. A sample has the part
/// "txt" and one named by the image's extension ("jpg" when that is none of kImageExtensions:
/// decoders look at the content).
class TableShard final : public Shard {
 public:
  /// Opens the table and finds its rows. Rows that cannot be used are in `refused()`; a row may
  /// lack fields after those it needs, as in pandas. Throws Error: as SourceFile, and
  /// invalid_argument when a column is missing.
  TableShard(const std::filesystem::path& path, const ShardOptions& options);

  Sample read(std::uint64_t offset) const override;
  std::string place(std::uint64_t offset) const override;
  std::optional<std::filesystem::path> picture_file(std::uint64_t offset) const override;

 private:
  using Fields = std::vector<std::string_view>;

  void read_header(const ShardOptions& options);
  bool find_columns(const Fields& header, const ShardOptions& options);
  [[noreturn]] void fail_for_columns(const Fields& header, const ShardOptions& options) const;
  void index_rows(const ShardOptions& options);
  std::optional<Refusal> fault_of(const Fields& fields, const ShardOptions& options) const;
  std::string_view doubt_of(const Fields& fields, const ShardOptions& options) const;
  bool is_ambiguous(std::string_view written) const;
  std::filesystem::path image_path(const std::string& written) const;
  std::uint64_t line_of(std::uint64_t offset) const;

  SourceFile file_;
  std::optional<std::string> converted_;
  std::string_view text_;
  std::filesystem::path image_root_;
  std::filesystem::path beside_;
  char separator_ = ',';
  std::size_t columns_ = 0;
  std::size_t image_column_ = 0;
  std::size_t caption_column_ = 0;
  std::size_t first_row_ = 0;

  /// The line of every so many rows: a row's own is counted from there.
  struct Milestone {
    std::uint64_t offset;
    std::uint64_t line;
  };
  std::vector<Milestone> milestones_;
};

}  // namespace diptych::shards
