#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "shards/lmdb_file.h"
#include "shards/shard.h"

namespace diptych::shards {

/// Chinese-CLIP's databases of one split: a folder with `imgs/data.mdb` (id -> base64, and
/// `num_images`) and `pairs/data.mdb` (a number -> the pickle of (picture's id, text's id, text),
/// and `num_samples`). A sample is a picture, as of ChineseClipShard.
class LmdbShard final : public Shard {
 public:
  /// Returns whether a path is such a folder.
  static bool is_one(const std::filesystem::path& path);

  /// Finds the pictures and which texts are whose. What cannot be used is in `refused()`, and so
  /// are texts of pictures that are not there. Throws Error as LmdbFile.
  LmdbShard(const std::filesystem::path& folder, const ShardOptions& options);

  Sample read(std::uint64_t offset) const override;
  std::string place(std::uint64_t offset) const override;
  std::vector<std::filesystem::path> files() const override;

 private:
  /// A text's picture, its number, and its place among the pairs.
  struct Link {
    std::string image;
    std::uint64_t number;
    std::size_t entry;
  };
  using Links = std::vector<Link>;

  void read_pairs();
  void index_images(const ShardOptions& options);
  void refuse_pairs_without_image();
  void refuse(RefusalReason reason, const LmdbFile& file, std::string_view key, std::string what);

  LmdbFile images_;
  LmdbFile pairs_;
  Links links_;  ///< by picture, the texts of one in order
};

}  // namespace diptych::shards
