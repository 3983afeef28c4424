#include "curate/chinese_clip_sinks.h"

#include <fmt/core.h>

#include <charconv>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

#include "base/atomic_file.h"
#include "base/error.h"
#include "curate/record.h"
#include "curate/sink_parts.h"
#include "curate/stable_hash.h"
#include "json/base64.h"
#include "shards/lmdb_writer.h"
#include "shards/pickled_pair.h"

namespace diptych::curate {

namespace {

/// Numbers pictures and texts.
class ChineseClipSink : public SampleSink {
 public:
  void add(const std::string& key, const shards::Sample& sample) final {
    const auto picture = sample.image();
    ensure(picture.has_value(), "samples without a picture are left out before");
    const std::uint64_t image = image_id(key);
    write_picture(image, to_base64({reinterpret_cast<const std::uint8_t*>(picture->data()),
                                    picture->size()}));
    for (const std::string& caption : captions_of(sample)) write_text(next_text_++, caption, image);
    const std::string extension = image_extension(sample);
    for (const auto& [other, bytes] : sample.parts) {
      if (other != extension && other != "txt" && other != "json") unplaced_.add(other);
    }
  }
  std::vector<std::string> notes() const final { return unplaced_.notes("Chinese-CLIP's form"); }

 protected:
  std::size_t pictures() const { return ids_.size(); }
  std::uint64_t texts() const { return next_text_ - 1; }

 private:
  virtual void write_picture(std::uint64_t id, const std::string& base64) = 0;
  virtual void write_text(std::uint64_t id, std::string_view text, std::uint64_t image) = 0;

  std::uint64_t image_id(const std::string& key) {
    constexpr std::size_t kMaxDigits = 15;  // exact as JSON numbers everywhere
    std::uint64_t id = 0;
    const char* end = key.data() + key.size();
    const auto [stop, error] = std::from_chars(key.data(), end, id);
    if (error != std::errc() || stop != end || key.size() > kMaxDigits || key.starts_with('0'))
      id = stable_hash(key, 0) >> 14U;
    while (!ids_.insert(id).second) ++id;
    return id;
  }

  std::set<std::uint64_t> ids_;
  std::uint64_t next_text_ = 1;
  Unplaced unplaced_;
};

class FilesOfChineseClip final : public ChineseClipSink {
 public:
  explicit FilesOfChineseClip(const std::filesystem::path& folder)
      : images_(folder / "train_imgs.tsv"), texts_(folder / "train_texts.jsonl") {}

  void finish() override {
    images_.commit();
    texts_.commit();
  }

 private:
  void write_picture(std::uint64_t id, const std::string& base64) override {
    images_.write(fmt::format("{}\t{}\n", id, base64));
  }
  void write_text(std::uint64_t id, std::string_view text, std::uint64_t image) override {
    std::string line = fmt::format("{{\"text_id\": {}, \"text\": ", id);
    append_json_string(line, text);
    texts_.write(line + fmt::format(", \"image_ids\": [{}]}}\n", image));
  }

  AtomicFile images_;
  AtomicFile texts_;
};

class DatabasesOfChineseClip final : public ChineseClipSink {
 public:
  explicit DatabasesOfChineseClip(const std::filesystem::path& folder)
      : images_(folder / "imgs"), pairs_(folder / "pairs") {}

  void finish() override {
    images_.add("num_images", std::to_string(pictures()));
    pairs_.add("num_samples", std::to_string(texts()));
    images_.finish();
    pairs_.finish();
  }

 private:
  void write_picture(std::uint64_t id, const std::string& base64) override {
    images_.add(std::to_string(id), base64);
  }
  void write_text(std::uint64_t id, std::string_view text, std::uint64_t image) override {
    pairs_.add(std::to_string(id - 1), shards::pickled_pair(image, id, text));
  }

  shards::LmdbWriter images_;
  shards::LmdbWriter pairs_;
};

}  // namespace

std::unique_ptr<SampleSink> make_chinese_clip_files(const std::filesystem::path& folder) {
  return std::make_unique<FilesOfChineseClip>(folder);
}

std::unique_ptr<SampleSink> make_chinese_clip_databases(const std::filesystem::path& folder) {
  return std::make_unique<DatabasesOfChineseClip>(folder);
}

}  // namespace diptych::curate
