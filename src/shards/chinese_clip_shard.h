#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "shards/shard.h"
#include "shards/source_file.h"

namespace diptych::shards {

/// Chinese-CLIP's data before its LMDB: NAME_imgs.tsv, a line a picture (`id<TAB>base64`), and
/// beside it NAME_texts.jsonl, a line a text (`text_id`, `text`, `image_ids`). A sample is a
/// picture: its key is the id, `txt` the first of its texts, `json` has `image_id`, `texts` and
/// `text_ids`.
class ChineseClipShard final : public Shard {
 public:
  /// Returns whether a path is such a NAME_imgs.tsv, with its texts beside it.
  static bool is_one(const std::filesystem::path& path);

  /// Finds the lines and which texts are whose. Lines that cannot be used are in `refused()`, and
  /// so are texts of pictures that are not there. Throws Error as SourceFile.
  ChineseClipShard(const std::filesystem::path& images, const ShardOptions& options);

  Sample read(std::uint64_t offset) const override;
  std::string place(std::uint64_t offset) const override;
  std::vector<std::filesystem::path> files() const override;

 private:
  /// A text's picture, and where its line begins.
  struct Link {
    std::string image;
    std::uint64_t text;
  };
  using Links = std::vector<Link>;

  void read_texts();
  void read_text_line(std::string_view line, std::uint64_t offset, std::uint64_t number);
  void index_images(const ShardOptions& options);
  void refuse_texts_without_image(const std::vector<bool>& used);

  SourceFile images_;
  SourceFile texts_;
  Links links_;  ///< by picture, the texts of one in order
};

}  // namespace diptych::shards
