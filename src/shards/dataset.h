#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diptych/error.h"
#include "shards/sample.h"
#include "shards/shard.h"
#include "shards/sources.h"

namespace diptych::shards {

struct DatasetOptions {
  ShardOptions shard;
  /// Threads that index shards at opening. Default: 1. Zero: one a CPU.
  int threads = 1;
};

/// The samples of a list of shards (.tar, .tgz) and tables (.csv, .tsv), also with .gz or .zst
/// after their names, of Chinese-CLIP's files and of folders of pictures, in a fixed order, each at
/// hand by its number. Files are mapped and indexed once, at opening: eight bytes a sample, and 32
/// more until all are open. A
/// stream is no source: an epoch's order is drawn over all samples, and a run goes on at an exact
/// one, for which each must be there whenever its number comes up. Immutable and thread-safe.
class Dataset {
 public:
  /// What cannot be opened, read or used is in `refused()`; the rest is usable, even if that is
  /// nothing. Throws Error(unsupported) for a file name with another extension.
  explicit Dataset(const std::vector<Source>& sources, const DatasetOptions& options = {});
  /// The same for a text of sources: see `expand_sources`, which may throw.
  explicit Dataset(std::string_view sources, const DatasetOptions& options = {});

  std::size_t size() const { return first_.back(); }
  /// Returns sample `index`, below `size()`; its bytes stay valid as long as the Sample or a copy
  /// does. Throws Error: corrupt_data when the file has changed, and for the image that a row of a
  /// table names, not_found and io.
  Sample at(std::size_t index) const;

  /// Returns why sample `index` cannot be used, when `at` or a decoder of its picture threw
  /// `error`.
  Refusal refusal(std::size_t index, const Error& error) const;

  /// Returns the file of its own that holds the picture of sample `index`, as a table names it;
  /// nothing when its shard holds it.
  std::optional<std::filesystem::path> picture_file(std::size_t index) const;
  /// Returns the files that the data consists of, in order, apart from such pictures.
  std::vector<std::filesystem::path> files() const;

  /// Returns how many samples each source has, in the order of the sources. They sum to `size()`.
  const std::vector<std::size_t>& source_sizes() const { return source_sizes_; }
  /// Counts files, rows and samples that are not among `size()`, and why.
  const Refusals& refused() const { return refused_; }
  /// Returns what was read and yet is hardly what was meant, a sentence a kind.
  std::vector<std::string> remarks() const { return remarks_.sentences(); }
  /// Returns how many samples were refused in each source.
  const std::vector<std::size_t>& source_refusals() const { return source_refusals_; }

 private:
  struct Location {
    const Shard& shard;
    std::uint64_t offset;
  };
  Location locate(std::size_t index) const;
  void remark_on_repeats();

  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::size_t> first_;  // number of each shard's first sample, then the total
  std::vector<std::size_t> source_sizes_;
  std::vector<std::size_t> source_refusals_;
  Refusals refused_;
  Remarks remarks_;
};

}  // namespace diptych::shards
