#include "shards/table_shard.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "shards/table.h"

namespace diptych::shards {
namespace {

constexpr std::size_t kMaxColumns = 4096;
constexpr std::size_t kMaxImageBytes = std::size_t{1} << 30;

struct RowBytes {
  std::vector<std::byte> image;
  std::string caption;
};

std::size_t find_column(const std::vector<std::string_view>& header, const std::string& key,
                        const std::string& table) {
  std::string found;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const std::string name = unquote(header[i]);
    if (name == key) return i;
    found += (i == 0 ? "" : ", ") + name;
  }
  fail(ErrorCode::invalid_argument, "table column: got '{}', expected one of {} ({})", key, found,
       table);
}

std::string image_extension(const std::filesystem::path& path) {
  const std::optional<SampleName> name = split_sample_name("image" + path.extension().string());
  return name && is_image_extension(name->extension) ? name->extension : "jpg";
}

}  // namespace

TableShard::TableShard(const std::filesystem::path& path, const ShardOptions& options)
    : file_(std::make_shared<MappedFile>(path)),
      text_(reinterpret_cast<const char*>(file_->bytes().data()), file_->bytes().size()),
      image_root_(options.image_root),
      separator_(options.separator) {
  read_header(options);
  index_rows(options);
}

void TableShard::read_header(const ShardOptions& options) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  first_row_ = text_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  if (separator_ == '\0') {
    const std::string_view line = text_.substr(0, text_.find('\n'));
    separator_ = line.find('\t') != std::string_view::npos ? '\t' : ',';
  }
  RowReader rows(text_, separator_, first_row_);
  const auto header = rows.next(kMaxColumns);
  if (!header) {
    fail(ErrorCode::corrupt_data, "table: got no header row, expected columns {} and {} ({})",
         options.image_key, options.caption_key, file_->name());
  }
  columns_ = header->size();
  image_column_ = find_column(*header, options.image_key, file_->name());
  caption_column_ = find_column(*header, options.caption_key, file_->name());
  first_row_ = rows.position();
}

void TableShard::index_rows(const ShardOptions& options) {
  RowReader rows(text_, separator_, first_row_);
  while (const auto fields = rows.next(columns_ + 1)) {
    if (fields->size() != columns_) {
      ++problems_.bad_rows;
      problems_.add_message(fmt::format("table row: got {}{} fields, expected {} ({}, offset {})",
                                        fields->size() > columns_ ? "more than " : "",
                                        std::min(fields->size(), columns_), columns_, file_->name(),
                                        rows.row_position()));
    } else if (options.need_image && unquote((*fields)[image_column_]).empty()) {
      ++problems_.without_image;
    } else if (options.need_caption && unquote((*fields)[caption_column_]).empty()) {
      ++problems_.without_caption;
    } else {
      offsets_.push_back(rows.row_position());
    }
  }
  if (rows.damaged()) {
    ++problems_.damaged_shards;
    problems_.add_message(
        fmt::format("table row: got a quote that is not closed, or closed inside "
                    "the field ({}, offset {})",
                    file_->name(), rows.row_position()));
  }
}

Sample TableShard::read(std::uint64_t offset) const {
  const auto fields = RowReader(text_, separator_, offset).next(columns_);
  if (!fields || fields->size() != columns_)
    fail(ErrorCode::corrupt_data, "table row changed ({}, offset {})", file_->name(), offset);
  Sample sample;
  sample.key = unquote((*fields)[image_column_]);
  sample.shard = file_->name();
  sample.offset = offset;
  const auto bytes = std::make_shared<RowBytes>();
  if (!sample.key.empty()) {
    const std::filesystem::path image = image_root_ / sample.key;
    bytes->image = read_file(image, kMaxImageBytes);
    sample.parts.emplace(image_extension(image), bytes->image);
  }
  bytes->caption = unquote((*fields)[caption_column_]);
  sample.parts.emplace("txt", std::as_bytes(std::span(bytes->caption)));
  sample.storage = bytes;
  return sample;
}

}  // namespace diptych::shards
