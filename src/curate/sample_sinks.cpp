#include "curate/sample_sinks.h"

#include <fmt/core.h>

#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/folders.h"
#include "curate/record.h"
#include "curate/stable_hash.h"
#include "curate/tally.h"
#include "curate/trimmed.h"
#include "curate/unfinished_folder.h"
#include "json/base64.h"
#include "shards/sample_text.h"
#include "shards/shard_writer.h"

namespace diptych::curate {

namespace {

/// Parts that a form has no place for.
class Unplaced {
 public:
  void add(const std::string& extension) { ++counts_[extension]; }
  std::vector<std::string> notes(std::string_view form) const {
    std::vector<std::string> sentences;
    for (const auto& [extension, count] : counts_)
      sentences.push_back(fmt::format("{} has no place for {} parts: {}", form, extension, count));
    return sentences;
  }

 private:
  std::map<std::string, std::uint64_t> counts_;
};

/// All captions of a sample, without white space around them: the list `texts` of its json,
/// otherwise its txt.
std::vector<std::string> captions_of(const shards::Sample& sample) {
  std::vector<std::string> captions =
      shards::read_text(sample, {.json_text_key = "texts"}).captions;
  for (std::string& caption : captions) caption = std::string(trimmed(caption));
  return captions;
}

/// The extension of the picture that Sample::image gives.
std::string image_extension(const shards::Sample& sample) {
  for (const std::string_view extension : shards::kImageExtensions) {
    if (sample.parts.contains(extension)) return std::string(extension);
  }
  return {};
}

void write_part(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  make_folders(path.parent_path());
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

class ShardsSink final : public SampleSink {
 public:
  ShardsSink(const std::filesystem::path& folder, std::size_t samples_per_shard)
      : writer_(folder, {.samples_per_shard = samples_per_shard}) {}
  void add(const std::string& key, const shards::Sample& sample) override {
    writer_.add(key, sample.parts);
  }
  void finish() override { writer_.finish(); }

 private:
  shards::ShardWriter writer_;
};

class TarSink final : public SampleSink {
 public:
  explicit TarSink(const std::filesystem::path& file) : writer_(file) {}
  void add(const std::string& key, const shards::Sample& sample) override {
    for (const auto& [extension, bytes] : sample.parts)
      writer_.add(fmt::format("{}.{}", key, extension), bytes);
  }
  void finish() override { writer_.commit(); }

 private:
  shards::TarWriter writer_;
};

class FilesSink final : public SampleSink {
 public:
  explicit FilesSink(std::filesystem::path folder) : folder_(std::move(folder)) {}
  void add(const std::string& key, const shards::Sample& sample) override {
    for (const auto& [extension, bytes] : sample.parts)
      write_part(folder_ / fmt::format("{}.{}", key, extension), bytes);
  }
  void finish() override {}

 private:
  std::filesystem::path folder_;
};

/// A field of a CSV or TSV table, in quotes where it needs them.
std::string table_field(std::string_view field, char separator) {
  const bool is_plain = field.find_first_of("\"\r\n") == std::string_view::npos &&
                        field.find(separator) == std::string_view::npos;
  if (is_plain) return std::string(field);
  std::string text = "\"";
  for (const char c : field) {
    if (c == '"') text += '"';
    text += c;
  }
  return text += '"';
}

/// A row a caption, the pictures beside the table.
class TableSink final : public SampleSink {
 public:
  TableSink(const std::filesystem::path& folder, char separator)
      : folder_(folder),
        separator_(separator),
        table_(folder / (separator == ',' ? "table.csv" : "table.tsv")) {
    table_.write(fmt::format("filepath{}title\n", separator));
  }

  void add(const std::string& key, const shards::Sample& sample) override {
    const std::string extension = image_extension(sample);
    const std::string name = extension.empty() ? "" : fmt::format("pictures/{}.{}", key, extension);
    if (!name.empty()) write_part(folder_ / name, *sample.image());
    std::vector<std::string> captions = captions_of(sample);
    if (captions.empty()) captions.emplace_back();
    for (const std::string& caption : captions) {
      table_.write(fmt::format("{}{}{}\n", table_field(name, separator_), separator_,
                               table_field(caption, separator_)));
    }
    for (const auto& [other, bytes] : sample.parts) {
      if (other != extension && other != "txt") unplaced_.add(other);
    }
  }
  void finish() override { table_.commit(); }
  std::vector<std::string> notes() const override { return unplaced_.notes("a table"); }

 private:
  std::filesystem::path folder_;
  char separator_;
  AtomicFile table_;
  Unplaced unplaced_;
};

/// Pictures are numbered by their key where it is a number, otherwise by its hash; texts from 1.
class ChineseClipSink final : public SampleSink {
 public:
  explicit ChineseClipSink(const std::filesystem::path& folder)
      : images_(folder / "train_imgs.tsv"), texts_(folder / "train_texts.jsonl") {}

  void add(const std::string& key, const shards::Sample& sample) override {
    const auto picture = sample.image();
    ensure(picture.has_value(), "samples without a picture are left out before");
    const std::uint64_t id = image_id(key);
    images_.write(fmt::format(
        "{}\t{}\n", id,
        to_base64({reinterpret_cast<const std::uint8_t*>(picture->data()), picture->size()})));
    for (const std::string& caption : captions_of(sample)) {
      std::string line = fmt::format("{{\"text_id\": {}, \"text\": ", next_text_++);
      append_json_string(line, caption);
      texts_.write(line + fmt::format(", \"image_ids\": [{}]}}\n", id));
    }
    const std::string extension = image_extension(sample);
    for (const auto& [other, bytes] : sample.parts) {
      if (other != extension && other != "txt" && other != "json") unplaced_.add(other);
    }
  }
  void finish() override {
    images_.commit();
    texts_.commit();
  }
  std::vector<std::string> notes() const override { return unplaced_.notes("Chinese-CLIP's form"); }

 private:
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

  AtomicFile images_;
  AtomicFile texts_;
  std::set<std::uint64_t> ids_;
  std::uint64_t next_text_ = 1;
  Unplaced unplaced_;
};

/// A form that is a folder.
class FolderSink final : public SampleSink {
 public:
  explicit FolderSink(const RepackOptions& options)
      : folder_(options.out, options.stage.command), sink_(make_in_folder(options)) {}
  void add(const std::string& key, const shards::Sample& sample) override {
    sink_->add(key, sample);
  }
  void finish() override {
    sink_->finish();
    folder_.finish();
  }
  std::vector<std::string> notes() const override { return sink_->notes(); }

 private:
  static std::unique_ptr<SampleSink> make_in_folder(const RepackOptions& options) {
    switch (options.format) {
      case SampleFormat::files:
        return std::make_unique<FilesSink>(options.out);
      case SampleFormat::csv:
        return std::make_unique<TableSink>(options.out, ',');
      case SampleFormat::tsv:
        return std::make_unique<TableSink>(options.out, '\t');
      case SampleFormat::chinese_clip:
        return std::make_unique<ChineseClipSink>(options.out);
      default:
        return std::make_unique<ShardsSink>(options.out, options.samples_per_shard);
    }
  }

  UnfinishedFolder folder_;
  std::unique_ptr<SampleSink> sink_;
};

}  // namespace

std::unique_ptr<SampleSink> make_sample_sink(const RepackOptions& options) {
  if (options.out.empty())
    fail(ErrorCode::invalid_argument, "output: got none, expected a file or folder");
  if (options.format != SampleFormat::tar) return std::make_unique<FolderSink>(options);
  check_output(options.out, options.stage, {});
  return std::make_unique<TarSink>(options.out);
}

}  // namespace diptych::curate
