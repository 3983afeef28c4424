#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shards/refusal.h"
#include "shards/remarks.h"
#include "shards/sample.h"

namespace diptych::shards {

struct ShardOptions {
  /// Leave out, and count, samples without an image. Default: yes.
  bool need_image = true;
  /// Leave out, and count, samples without a caption: a `txt` part or a caption field that can be
  /// used, or a `json` part that may hold one. Default: yes.
  bool need_caption = true;
  /// Whether captions may be in `json` parts. Default: yes.
  bool json_captions = true;
  /// Tables: what separates the fields. Zero, the default: the first of tab, comma, semicolon and
  /// `|` with which the header has both columns.
  char separator = '\0';
  /// Tables: the names of the columns with the image's path and with the caption. Defaults:
  /// open_clip's.
  std::string image_key = "filepath";
  std::string caption_key = "title";
  /// Tables: what relative image paths start from. Empty, the default: the working directory, as in
  /// open_clip, and for a picture that is not there the table's folder.
  std::filesystem::path image_root;
};

/// One file of samples with the offset of each. Thread-safe.
class Shard {
 public:
  explicit Shard(std::string name) : name_(std::move(name)) {}
  virtual ~Shard() = default;
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  /// Returns the sample at an offset of `offsets()`. Throws Error: corrupt_data, and for a table
  /// not_found and io for the image it names.
  virtual Sample read(std::uint64_t offset) const = 0;
  /// Returns where the sample at an offset is, for messages: "line 7", "offset 512".
  virtual std::string place(std::uint64_t offset) const = 0;
  /// Returns the file of its own that holds the picture of the sample at an offset; nothing when
  /// the shard holds it itself.
  virtual std::optional<std::filesystem::path> picture_file(std::uint64_t /*offset*/) const {
    return std::nullopt;
  }
  /// Returns the files that the shard consists of, apart from such pictures.
  virtual std::vector<std::filesystem::path> files() const { return {name_}; }

  /// Returns the file's path as given.
  const std::string& name() const { return name_; }
  const std::vector<std::uint64_t>& offsets() const { return offsets_; }
  /// Returns a number for each offset that is the same for samples alike in key, caption and size
  /// of the picture, as far as the shard can tell without reading all of it, and hands it over.
  std::vector<std::uint64_t> take_identities() { return std::exchange(identities_, {}); }
  const Refusals& refused() const { return refused_; }
  const Remarks& remarks() const { return remarks_; }

 protected:
  void add_sample(std::uint64_t offset, std::uint64_t identity) {
    offsets_.push_back(offset);
    identities_.push_back(identity);
  }

  Refusals refused_;
  Remarks remarks_;

 private:
  std::vector<std::uint64_t> offsets_;
  std::vector<std::uint64_t> identities_;
  std::string name_;
};

}  // namespace diptych::shards
