#include "shards/dataset.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/input_file.h"
#include "base/parallel.h"
#include "shards/chinese_clip_shard.h"
#include "shards/folder_shard.h"
#include "shards/lmdb_shard.h"
#include "shards/repeats.h"
#include "shards/table_shard.h"
#include "shards/tar_shard.h"

namespace diptych::shards {
namespace {

RefusalReason reason_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::not_found:
    case ErrorCode::io:
      return RefusalReason::missing_source;
    case ErrorCode::invalid_argument:
    case ErrorCode::unsupported:
      return RefusalReason::unfit_source;
    default:
      return RefusalReason::damaged_source;
  }
}

/// Stands for a file that could not be opened.
class MissingShard final : public Shard {
 public:
  MissingShard(const std::filesystem::path& path, const Error& error) : Shard(path.string()) {
    refused_.add({reason_of(error.code()), path.string(), "", error.what()});
  }
  Sample read(std::uint64_t) const override { no_samples(); }
  std::string place(std::uint64_t) const override { no_samples(); }

 private:
  [[noreturn]] static void no_samples() {
    fail(ErrorCode::internal, "a shard that could not be opened has no samples");
  }
};

std::unique_ptr<Shard> open_shard(const std::filesystem::path& path, const ShardOptions& options) {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(path, ignored);
  const std::optional<SourceKind> kind = source_kind(path);
  if (!kind && !is_folder) {
    fail(ErrorCode::unsupported,
         "shard: got {}, expected a .tar, .csv or .tsv file, or one with "
         ".gz or .zst after that",
         path.string());
  }
  try {
    if (LmdbShard::is_one(path)) return std::make_unique<LmdbShard>(path, options);
    if (is_folder) return std::make_unique<FolderShard>(path, options);
    if (ChineseClipShard::is_one(path)) return std::make_unique<ChineseClipShard>(path, options);
    if (*kind == SourceKind::tar) return std::make_unique<TarShard>(path, options);
    return std::make_unique<TableShard>(path, options);
  } catch (const Error& error) {
    // What a failed command did not give may be there the next time: no reason to do without it.
    if (is_pipe(path.native())) throw;
    return std::make_unique<MissingShard>(path, error);
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
    refused_.add(shard->refused());
    remarks_.add(shard->remarks());
  }
  remark_on_repeats();
  std::size_t shard = 0;
  for (const Source& source : sources) {
    source_sizes_.push_back(first_[shard + source.size()] - first_[shard]);
    std::size_t refused = 0;
    for (const std::size_t end = shard + source.size(); shard < end; ++shard)
      refused += shards_[shard]->refused().samples();
    source_refusals_.push_back(refused);
  }
}

Dataset::Dataset(std::string_view sources, const DatasetOptions& options)
    : Dataset(expand_sources(sources), options) {}

void Dataset::remark_on_repeats() {
  std::vector<std::uint64_t> identities;
  identities.reserve(size());
  for (const std::unique_ptr<Shard>& shard : shards_) {
    const std::vector<std::uint64_t> some = shard->take_identities();
    identities.insert(identities.end(), some.begin(), some.end());
  }
  const Repeats repeats = find_repeats(identities);
  if (repeats.count == 0) return;
  const Location location = locate(repeats.first);
  remarks_.add("samples that stand again, alike in key, caption and size of the picture",
               fmt::format("{}, {}", location.shard.name(), location.shard.place(location.offset)),
               repeats.count);
}

Dataset::Location Dataset::locate(std::size_t index) const {
  if (index >= size()) {
    fail(ErrorCode::invalid_argument, "sample number: got {}, expected less than {}", index,
         size());
  }
  const auto next = std::upper_bound(first_.begin(), first_.end(), index);
  const auto shard = static_cast<std::size_t>(next - first_.begin()) - 1;
  return {*shards_[shard], shards_[shard]->offsets()[index - first_[shard]]};
}

Sample Dataset::at(std::size_t index) const {
  const Location location = locate(index);
  return location.shard.read(location.offset);
}

std::optional<std::filesystem::path> Dataset::picture_file(std::size_t index) const {
  const Location location = locate(index);
  return location.shard.picture_file(location.offset);
}

std::vector<std::filesystem::path> Dataset::files() const {
  std::vector<std::filesystem::path> all;
  for (const std::unique_ptr<Shard>& shard : shards_) {
    const std::vector<std::filesystem::path> some = shard->files();
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

Refusal Dataset::refusal(std::size_t index, const Error& error) const {
  const Location location = locate(index);
  const bool is_text = dynamic_cast<const UnreadableText*>(&error) != nullptr;
  const RefusalReason reason = is_text ? RefusalReason::unreadable_text
                               : error.code() == ErrorCode::not_found
                                   ? RefusalReason::missing_picture
                                   : RefusalReason::unreadable_picture;
  return {reason, location.shard.name(), location.shard.place(location.offset), error.what()};
}

}  // namespace diptych::shards
