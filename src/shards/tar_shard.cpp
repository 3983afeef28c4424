#include "shards/tar_shard.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "shards/caption_text.h"
#include "shards/repeats.h"
#include "shards/tar.h"

namespace diptych::shards {
namespace {

/// Puts the entries of a tar together into samples.
class SampleReader {
 public:
  SampleReader(const SourceFile& file, std::uint64_t offset)
      : tar_(file.bytes(), file.name(), offset), shard_(file.name()) {}

  /// The next sample, or nothing at the end. Throws as TarReader::next, once the sample before the
  /// damage has been given.
  std::optional<Sample> next() {
    Sample sample;
    while (pending_ || read_entry()) {
      const auto [key, extension] = *split_sample_name(pending_->name);
      if (sample.parts.empty()) {
        sample.key = key;
        sample.shard = shard_;
        sample.offset = pending_->offset;
      } else if (key != sample.key || sample.parts.contains(extension)) {
        return sample;
      }
      sample.parts.emplace(extension, pending_->data);
      pending_.reset();
    }
    if (!sample.parts.empty()) return sample;
    if (damage_) std::rethrow_exception(damage_);
    return std::nullopt;
  }

  /// What was passed over so far and may have been meant as samples.
  Remarks remarks() const {
    Remarks remarks;
    remarks.add("links that are passed over", shard_, tar_.links());
    remarks.add("entries of a kind that is unknown, passed over", shard_, tar_.unknown());
    remarks.add("files of no sample, having no key and ending",
                fmt::format("{} ({})", one_line(first_of_no_sample_), shard_), files_of_no_sample_);
    return remarks;
  }

 private:
  /// Moves to the next file that belongs to a sample; false at the end and at damage.
  bool read_entry() {
    try {
      while ((pending_ = tar_.next()) && !split_sample_name(pending_->name)) {
        if (files_of_no_sample_++ == 0) first_of_no_sample_ = pending_->name;
      }
    } catch (const Error&) {
      damage_ = std::current_exception();
      pending_.reset();
    }
    return pending_.has_value();
  }

  TarReader tar_;
  std::string shard_;
  std::optional<TarEntry> pending_;
  std::exception_ptr damage_;
  std::uint64_t files_of_no_sample_ = 0;
  std::string first_of_no_sample_;
};

/// Of a caption in `json` the size will do: it is not read before it is wanted.
std::uint64_t identity_of(const Sample& sample) {
  const std::uint64_t picture = sample.image() ? sample.image()->size() : 0;
  const auto json = sample.parts.find("json");
  const std::uint64_t words = sample.text("txt")           ? number_of(*sample.text("txt"))
                              : json != sample.parts.end() ? json->second.size()
                                                           : 0;
  const std::string_view key = sample.key;
  return joined(joined(number_of(key.substr(key.starts_with("./") ? 2 : 0)), picture), words);
}

/// Webdataset's rule surprises who names files "0001.v2.jpg".
std::string_view dot_hint(const Sample& sample) {
  const auto has_dot = [](const auto& part) { return part.first.find('.') != std::string::npos; };
  return std::any_of(sample.parts.begin(), sample.parts.end(), has_dot)
             ? " (a name's first dot ends the key)"
             : "";
}

}  // namespace

TarShard::TarShard(const std::filesystem::path& path, const ShardOptions& options)
    : Shard(path.string()), file_(std::make_shared<SourceFile>(path)) {
  if (const auto foreign = foreign_content(file_->bytes()))
    fail(ErrorCode::unsupported,
         "tar archive: got {}, expected a tar, plain or packed with gzip or zstd ({})", *foreign,
         name());
  SampleReader samples(*file_, 0);
  try {
    while (const std::optional<Sample> sample = samples.next()) index_sample(*sample, options);
  } catch (const Error& error) {
    refused_.add({RefusalReason::damaged_source, name(), "", error.what()});
  }
  remarks_.add(samples.remarks());
  remark_on_repeated_keys();
}

void TarShard::index_sample(const Sample& sample, const ShardOptions& options) {
  if (options.need_image && !sample.image()) {
    const bool elsewhere = sample.key == first_without_caption_;
    return refuse(
        sample, RefusalReason::no_picture,
        fmt::format("sample: got {}{}, expected a picture as jpg, png or webp", sample.part_names(),
                    elsewhere
                        ? " (its picture stands elsewhere: files of one key must be neighbours)"
                        : dot_hint(sample)));
  }
  const bool maybe_in_json = options.json_captions && sample.parts.contains("json");
  if (options.need_caption && !maybe_in_json) {
    const auto text = sample.text("txt");
    if (!text) {
      if (first_without_caption_.empty()) first_without_caption_ = sample.key;
      return refuse(sample, RefusalReason::no_caption,
                    fmt::format("sample: got {}{}, expected a caption as txt, or json with "
                                "json-text-key",
                                sample.part_names(), dot_hint(sample)));
    }
    if (auto fault = caption_fault(*text)) return refuse(sample, fault->reason, fault->what);
    remark_on(caption_doubt(*text), sample);
  }
  if (sample.pictures() > 1) remark_on(kSeveralPictures, sample);
  keys_.push_back(number_of(sample.key));
  add_sample(sample.offset, identity_of(sample));
}

void TarShard::remark_on(std::string_view kind, const Sample& sample) {
  if (!kind.empty()) remarks_.add(kind, fmt::format("{}, key {}", name(), one_line(sample.key)));
}

/// Who put two archives together often did not mean to.
void TarShard::remark_on_repeated_keys() {
  const Repeats repeats = find_repeats(std::exchange(keys_, {}));
  if (repeats.count == 0) return;
  remarks_.add("keys that stand again further on in their tar, each a sample of its own",
               fmt::format("{}, offset {}", name(), offsets()[repeats.first]), repeats.count);
}

void TarShard::refuse(const Sample& sample, RefusalReason reason, std::string what) {
  refused_.add({reason, name(), sample.place(), std::move(what)});
}

std::string TarShard::place(std::uint64_t offset) const {
  return fmt::format("offset {}", offset);
}

Sample TarShard::read(std::uint64_t offset) const {
  std::optional<Sample> sample = SampleReader(*file_, offset).next();
  if (!sample) {
    fail(ErrorCode::corrupt_data, "sample: got the archive's end ({}, offset {})", name(), offset);
  }
  sample->storage = file_;
  return *std::move(sample);
}

}  // namespace diptych::shards
