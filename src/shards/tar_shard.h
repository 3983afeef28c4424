#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "shards/shard.h"
#include "shards/source_file.h"

namespace diptych::shards {

/// A webdataset tar: neighbouring files of one key are one sample. A repeated extension begins the
/// next sample, as in open_clip, for keys that are not unique.
class TarShard final : public Shard {
 public:
  /// Opens the file and walks its headers. Damage, as samples that cannot be used, is in
  /// `refused()`. Throws Error as SourceFile.
  TarShard(const std::filesystem::path& path, const ShardOptions& options);

  Sample read(std::uint64_t offset) const override;
  std::string place(std::uint64_t offset) const override;

 private:
  void index_sample(const Sample& sample, const ShardOptions& options);
  void refuse(const Sample& sample, RefusalReason reason, std::string what);
  void remark_on(std::string_view kind, const Sample& sample);
  void remark_on_repeated_keys();

  std::shared_ptr<const SourceFile> file_;
  std::string first_without_caption_;
  std::vector<std::uint64_t> keys_;  ///< their numbers, until all are known
};

}  // namespace diptych::shards
