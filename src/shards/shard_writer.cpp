#include "shards/shard_writer.h"

#include <fmt/core.h>

#include <optional>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/folders.h"
#include "shards/sample.h"

namespace diptych::shards {

ShardWriter::ShardWriter(std::filesystem::path folder, ShardWriterOptions options)
    : folder_(std::move(folder)), options_(options) {
  if (options_.samples_per_shard == 0)
    fail(ErrorCode::invalid_argument, "samples per shard: got 0, expected at least 1");
  make_folders(folder_);
}

void ShardWriter::add(std::string_view key, const Parts& parts) {
  check_sample(key, parts);
  if (!shard_) {
    const std::size_t number = options_.first_shard + shards_written_;
    shard_ = std::make_unique<TarWriter>(folder_ / fmt::format("{:06}.tar", number));
  }
  for (const auto& [extension, data] : parts)
    shard_->add(fmt::format("{}.{}", key, extension), data);
  last_key_ = key;
  if (++samples_in_shard_ == options_.samples_per_shard) commit_shard();
}

void ShardWriter::check_sample(std::string_view key, const Parts& parts) const {
  if (parts.empty()) fail(ErrorCode::invalid_argument, "sample {}: got no parts", key);
  if (key == last_key_ && samples_in_shard_ > 0) {
    fail(ErrorCode::invalid_argument, "sample key: got {} twice running, expected another", key);
  }
  for (const auto& [extension, data] : parts) {
    const std::string file = fmt::format("{}.{}", key, extension);
    const std::optional<SampleName> name = split_sample_name(file);
    if (!name || name->key != key || name->extension != extension) {
      fail(ErrorCode::invalid_argument,
           "sample file: got {}, expected a key without dots and a lower-case extension", file);
    }
  }
}

void ShardWriter::commit_shard() {
  shard_->commit();
  shard_.reset();
  samples_in_shard_ = 0;
  ++shards_written_;
}

void ShardWriter::finish() {
  if (shard_) commit_shard();
}

}  // namespace diptych::shards
