#pragma once

#include <filesystem>
#include <memory>
#include <string>

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

  std::shared_ptr<const SourceFile> file_;
  std::string first_without_caption_;
  SeveralPictures several_pictures_;
};

}  // namespace diptych::shards
