#include "curate/sample_sinks.h"

#include <fmt/core.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/folders.h"
#include "curate/chinese_clip_sinks.h"
#include "curate/sink_parts.h"
#include "curate/tally.h"
#include "curate/unfinished_folder.h"
#include "shards/shard_writer.h"

namespace diptych::curate {

namespace {

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
        return make_chinese_clip_files(options.out);
      case SampleFormat::chinese_clip_lmdb:
        return make_chinese_clip_databases(options.out);
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
