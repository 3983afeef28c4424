#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "shards/sample.h"

namespace diptych::shards {

/// What is wrong with data that was opened. Nothing of it is thrown: the good samples stay usable.
struct Problems {
  /// Shards and tables that could not be opened, or only read up to some damage.
  std::uint64_t damaged_shards = 0;
  /// Rows of tables with a wrong number of fields.
  std::uint64_t bad_rows = 0;
  /// Samples left out for want of an image or a caption.
  std::uint64_t without_image = 0;
  std::uint64_t without_caption = 0;
  /// The first of them, one line each, naming file and offset: at most kMaxMessages.
  std::vector<std::string> messages;

  static constexpr std::size_t kMaxMessages = 1000;

  bool any() const { return damaged_shards + bad_rows + without_image + without_caption != 0; }
  void add_message(std::string message);
  void add(const Problems& other);
};

struct ShardOptions {
  /// Leave out, and count, samples without an image. Default: yes.
  bool need_image = true;
  /// Leave out, and count, samples without a caption: a `txt` or `json` part, or a caption field
  /// that is not empty. Default: yes.
  bool need_caption = true;
  /// Tables: what separates the fields. Zero, the default: the tab (open_clip's default) if the
  /// header row has one, otherwise the comma.
  char separator = '\0';
  /// Tables: the names of the columns with the image's path and with the caption. Defaults:
  /// open_clip's.
  std::string image_key = "filepath";
  std::string caption_key = "title";
  /// Tables: what relative image paths start from. Empty, the default: the working directory, as in
  /// open_clip.
  std::filesystem::path image_root;
};

/// One file of samples with the offset of each. Thread-safe.
class Shard {
 public:
  virtual ~Shard() = default;
  /// The sample at an offset of `offsets()`. Throws Error: corrupt_data, and for a table not_found
  /// and io for the image it names.
  virtual Sample read(std::uint64_t offset) const = 0;
  const std::vector<std::uint64_t>& offsets() const { return offsets_; }
  const Problems& problems() const { return problems_; }

 protected:
  std::vector<std::uint64_t> offsets_;
  Problems problems_;
};

}  // namespace diptych::shards
