#include "shards/dataset.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "shards/table_shard.h"
#include "shards/tar_shard.h"

namespace diptych::shards {
namespace {

enum class ShardKind { tar, table };

ShardKind kind_of(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  if (extension == ".tar") return ShardKind::tar;
  if (extension == ".csv" || extension == ".tsv") return ShardKind::table;
  fail(ErrorCode::unsupported, "shard: got {}, expected a .tar, .csv or .tsv file", path.string());
}

/// Stands for a file that could not be opened.
class MissingShard final : public Shard {
 public:
  explicit MissingShard(const Error& error) {
    ++problems_.damaged_shards;
    problems_.add_message(error.what());
  }
  Sample read(std::uint64_t) const override {
    fail(ErrorCode::internal, "a shard that could not be opened has no samples");
  }
};

std::unique_ptr<Shard> open_shard(const std::filesystem::path& path, const ShardOptions& options) {
  const ShardKind kind = kind_of(path);
  try {
    if (kind == ShardKind::tar) return std::make_unique<TarShard>(path, options);
    return std::make_unique<TableShard>(path, options);
  } catch (const Error& error) {
    return std::make_unique<MissingShard>(error);
  }
}

}  // namespace

Dataset::Dataset(const std::vector<Source>& sources, const DatasetOptions& options) {
  Source files;
  for (const Source& source : sources) files.insert(files.end(), source.begin(), source.end());
  shards_.resize(files.size());
  ThreadPool pool(options.threads);
  pool.run(files.size(), [&](std::size_t i) { shards_[i] = open_shard(files[i], options.shard); });

  first_ = {0};
  for (const std::unique_ptr<Shard>& shard : shards_) {
    first_.push_back(first_.back() + shard->offsets().size());
    problems_.add(shard->problems());
  }
  std::size_t shard = 0;
  for (const Source& source : sources) {
    source_sizes_.push_back(first_[shard + source.size()] - first_[shard]);
    shard += source.size();
  }
}

Dataset::Dataset(std::string_view sources, const DatasetOptions& options)
    : Dataset(expand_sources(sources), options) {}

Sample Dataset::at(std::size_t index) const {
  if (index >= size()) {
    fail(ErrorCode::invalid_argument, "sample number: got {}, expected less than {}", index,
         size());
  }
  const auto next = std::upper_bound(first_.begin(), first_.end(), index);
  const auto shard = static_cast<std::size_t>(next - first_.begin()) - 1;
  return shards_[shard]->read(shards_[shard]->offsets()[index - first_[shard]]);
}

}  // namespace diptych::shards
