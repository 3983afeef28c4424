#pragma once

#include <filesystem>
#include <memory>

#include "base/mapped_file.h"
#include "shards/shard.h"

namespace diptych::shards {

/// A webdataset tar: neighbouring files of one key are one sample. A repeated extension begins the
/// next sample, as in open_clip, for keys that are not unique.
class TarShard final : public Shard {
 public:
  /// Maps the file and walks its headers. Damage is in `problems()`. Throws Error: not_found, io.
  TarShard(const std::filesystem::path& path, const ShardOptions& options);

  Sample read(std::uint64_t offset) const override;

 private:
  std::shared_ptr<const MappedFile> file_;
};

}  // namespace diptych::shards
