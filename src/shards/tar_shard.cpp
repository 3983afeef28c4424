#include "shards/tar_shard.h"

#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "shards/tar.h"

namespace diptych::shards {
namespace {

/// Puts the entries of a tar together into samples.
class SampleReader {
 public:
  SampleReader(const MappedFile& file, std::uint64_t offset)
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

 private:
  /// Moves to the next file that belongs to a sample; false at the end and at damage.
  bool read_entry() {
    try {
      do {
        pending_ = tar_.next();
      } while (pending_ && !split_sample_name(pending_->name));
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
};

bool has_caption(const Sample& sample) {
  return sample.parts.contains("txt") || sample.parts.contains("json");
}

}  // namespace

TarShard::TarShard(const std::filesystem::path& path, const ShardOptions& options)
    : file_(std::make_shared<MappedFile>(path)) {
  SampleReader samples(*file_, 0);
  try {
    while (const std::optional<Sample> sample = samples.next()) {
      if (options.need_image && !sample->image()) {
        ++problems_.without_image;
      } else if (options.need_caption && !has_caption(*sample)) {
        ++problems_.without_caption;
      } else {
        offsets_.push_back(sample->offset);
      }
    }
  } catch (const Error& error) {
    ++problems_.damaged_shards;
    problems_.add_message(error.what());
  }
}

Sample TarShard::read(std::uint64_t offset) const {
  std::optional<Sample> sample = SampleReader(*file_, offset).next();
  if (!sample) {
    fail(ErrorCode::corrupt_data, "sample: got the archive's end ({}, offset {})", file_->name(),
         offset);
  }
  sample->storage = file_;
  return *std::move(sample);
}

}  // namespace diptych::shards
