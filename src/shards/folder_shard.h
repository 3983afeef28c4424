#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "shards/shard.h"

namespace diptych::shards {

/// The pictures in and below a folder, each with the files beside it that differ in the ending
/// alone ("a/1.jpg", "a/1.txt", "a/1.json"), by name. A sample's key is its path in the folder
/// without the ending.
class FolderShard final : public Shard {
 public:
  /// Lists the files. Throws Error: not_found, io.
  FolderShard(const std::filesystem::path& folder, const ShardOptions& options);

  Sample read(std::uint64_t offset) const override;
  std::string place(std::uint64_t offset) const override;

 private:
  static std::vector<std::byte> read_part(const std::filesystem::path& path);
  struct Files {
    std::string key;
    std::vector<std::string> endings;  ///< as they are written, without the dot
  };

  std::vector<std::string> list_names();
  static std::size_t count_images(const Files& files);

  std::filesystem::path folder_;
  std::vector<Files> samples_;
};

}  // namespace diptych::shards
