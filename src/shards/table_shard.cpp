#include "shards/table_shard.h"

#include <algorithm>
#include <memory>
#include <system_error>
#include <utility>

#include "base/as_text.h"
#include "base/ascii.h"
#include "base/error.h"
#include "shards/caption_text.h"
#include "shards/repeats.h"
#include "shards/table.h"
#include "shards/utf16.h"

namespace diptych::shards {
namespace {

constexpr std::size_t kMaxColumns = 4096;
constexpr std::size_t kMaxColumnsNamed = 12;
constexpr std::size_t kMaxImageBytes = std::size_t{1} << 30;
constexpr std::size_t kRowsPerMilestone = 256;
/// What two paths name is looked up on the disk.
constexpr std::size_t kRowsLookedAt = 64;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSeparators = "\t,;|";

struct RowBytes {
  std::vector<std::byte> image;
  std::string caption;
};

std::optional<std::size_t> find_column(const std::vector<std::string_view>& header,
                                       const std::string& key) {
  const auto found = std::find_if(header.begin(), header.end(),
                                  [&](std::string_view name) { return unquote(name) == key; });
  if (found == header.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header.begin());
}

/// As captions may that stand in quotes, and what follows a quote that stands alone.
bool goes_over_lines(const std::vector<std::string_view>& fields, std::size_t column) {
  return fields.size() > column && fields[column].find_first_of("\r\n") != std::string_view::npos;
}

std::string image_extension(const std::filesystem::path& path) {
  const std::optional<SampleName> name = split_sample_name("image" + path.extension().string());
  return name && is_image_extension(name->extension) ? name->extension : "jpg";
}

}  // namespace

TableShard::TableShard(const std::filesystem::path& path, const ShardOptions& options)
    : Shard(path.string()),
      file_(path),
      converted_(text_from_utf16(as_text(file_.bytes()))),
      text_(converted_ ? std::string_view(*converted_) : as_text(file_.bytes())),
      image_root_(options.image_root),
      beside_(path.parent_path()) {
  read_header(options);
  index_rows(options);
}

void TableShard::read_header(const ShardOptions& options) {
  if (const auto foreign = foreign_content(file_.bytes()))
    fail(ErrorCode::unsupported, "table: got {}, expected CSV or TSV ({})", *foreign, name());
  if (text_.substr(0, text_.find('\n')).find('\0') != std::string_view::npos) {
    fail(ErrorCode::unsupported,
         "table: got bytes of zero, as in UTF-16 without a byte order mark, expected UTF-8 ({})",
         name());
  }
  first_row_ = text_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  const std::string_view separators =
      options.separator == '\0' ? kSeparators : std::string_view(&options.separator, 1);
  Fields longest;
  for (const char separator : separators) {
    RowReader rows(text_, separator, first_row_);
    const auto header = rows.next(kMaxColumns);
    if (!header) break;
    if (find_columns(*header, options)) {
      separator_ = separator;
      first_row_ = rows.position();
      return;
    }
    if (header->size() > longest.size()) longest = *header;
  }
  fail_for_columns(longest, options);
}

bool TableShard::find_columns(const Fields& header, const ShardOptions& options) {
  const auto image = find_column(header, options.image_key);
  const auto caption = find_column(header, options.caption_key);
  if (!image || !caption) return false;
  for (const std::string* key : {&options.image_key, &options.caption_key}) {
    const auto columns = std::ranges::count_if(
        header, [&](std::string_view column) { return unquote(column) == *key; });
    if (columns > 1)
      remarks_.add(fmt::format("columns called '{}', of which the first is taken, as by pandas",
                               one_line(*key)),
                   name(), static_cast<std::uint64_t>(columns));
  }
  for (const std::string_view column : header) {
    const std::string called = ascii_lower(unquote(column));
    if (called != "split" && called != "subset" && called != "partition" && called != "fold")
      continue;
    remarks_.add(
        "columns that say the part of a data set, which are not read: rows of all parts are taken",
        fmt::format("'{}' ({})", one_line(called), name()));
  }
  columns_ = header.size();
  image_column_ = *image;
  caption_column_ = *caption;
  return true;
}

void TableShard::fail_for_columns(const Fields& header, const ShardOptions& options) const {
  std::string found;
  for (std::size_t i = 0; i < std::min(header.size(), kMaxColumnsNamed); ++i)
    found += fmt::format("{}'{}'", i == 0 ? "" : ", ", unquote(header[i]).substr(0, 80));
  if (header.size() > kMaxColumnsNamed) found += " and more";
  fail(ErrorCode::invalid_argument,
       "table header: got the columns {}, expected '{}' and '{}' ({}; csv-img-key, csv-caption-key "
       "and csv-separator say what they are called)",
       found.empty() ? "none" : found, options.image_key, options.caption_key, name());
}

void TableShard::index_rows(const ShardOptions& options) {
  RowReader rows(text_, separator_, first_row_);
  Milestone last = {0, 1};
  const auto line_here = [&] {
    last.line += count_lines(text_.substr(last.offset, rows.row_position() - last.offset));
    last.offset = rows.row_position();
    return last.line;
  };
  for (std::size_t row = 0;; ++row) {
    const auto fields = rows.next(columns_ + 1);
    if (row % kRowsPerMilestone == 0) milestones_.push_back({rows.row_position(), line_here()});
    if (!fields) break;
    if (auto fault = fault_of(*fields, options)) {
      fault->place = fmt::format("line {}", line_here());
      refused_.add(*std::move(fault));
    } else {
      const std::string_view doubt = doubt_of(*fields, options);
      if (!doubt.empty()) remarks_.add(doubt, fmt::format("{}, line {}", name(), line_here()));
      if (row < kRowsLookedAt && options.need_image && is_ambiguous((*fields)[image_column_])) {
        remarks_.add(
            "pictures of the first rows that are there twice, from the working directory, which "
            "are taken, and beside the table",
            fmt::format("{}, line {}", name(), line_here()));
      }
      add_sample(rows.row_position(), joined(number_of((*fields)[image_column_]),
                                             number_of((*fields)[caption_column_])));
    }
  }
  if (rows.unclosed_quote()) {
    const std::string place = fmt::format("line {}", line_here());
    const auto lost = count_lines(text_.substr(rows.row_position()));
    refused_.add(
        {RefusalReason::damaged_source, name(), place,
         fmt::format("table row: got a quote that nothing closes, which takes the {} lines "
                     "from there, expected another quote",
                     std::max<std::uint64_t>(lost, 1))});
  }
}

/// Why a row cannot be used; its place is left to the caller.
std::optional<Refusal> TableShard::fault_of(const Fields& fields,
                                            const ShardOptions& options) const {
  const auto refusal = [this](RefusalReason reason, std::string what) {
    return Refusal{reason, name(), "", std::move(what)};
  };
  if (fields.size() > columns_) {
    return refusal(
        RefusalReason::malformed_row,
        fmt::format("table row: got more than {} fields, expected {}: a field that holds "
                    "the separator stands in quotes",
                    columns_, columns_));
  }
  if (fields.size() <= std::max(image_column_, caption_column_)) {
    return refusal(RefusalReason::malformed_row,
                   fmt::format("table row: fields: got {}, expected {}", fields.size(), columns_));
  }
  if (options.need_image && fields[image_column_].find_first_not_of(" \t\"") == std::string::npos)
    return refusal(RefusalReason::no_picture, "table row: got no picture, expected its path");
  // The system would take the path to end there, and open another file.
  if (fields[image_column_].find('\0') != std::string_view::npos)
    return refusal(RefusalReason::malformed_row,
                   "table row: got a picture's path with a zero byte");
  if (!options.need_caption) return std::nullopt;
  if (auto fault = caption_fault(unquote(fields[caption_column_])))
    return refusal(fault->reason, std::move(fault->what));
  return std::nullopt;
}

/// What a row that is used is hardly meant to say, as words for Remarks.
std::string_view TableShard::doubt_of(const Fields& fields, const ShardOptions& options) const {
  if (goes_over_lines(fields, caption_column_))
    return "captions over several lines, as after a quote that stands alone";
  return options.need_caption ? caption_doubt(unquote(fields[caption_column_]))
                              : std::string_view();
}

/// Whether the path names two pictures: from the working directory, which is taken, and beside the
/// table.
bool TableShard::is_ambiguous(std::string_view written) const {
  const std::filesystem::path path = unquote(written);
  if (!image_root_.empty() || path.is_absolute() || beside_.empty()) return false;
  std::error_code here_not;
  std::error_code beside_not;
  std::error_code unknown;
  return std::filesystem::is_regular_file(path, here_not) &&
         std::filesystem::is_regular_file(beside_ / path, beside_not) &&
         !std::filesystem::equivalent(path, beside_ / path, unknown);
}

/// As written, from the working directory as in open_clip; otherwise beside the table.
std::filesystem::path TableShard::image_path(const std::string& written) const {
  const std::filesystem::path path = image_root_ / written;
  if (!image_root_.empty() || path.is_absolute() || beside_.empty()) return path;
  std::error_code ignored;
  const bool only_beside =
      !std::filesystem::exists(path, ignored) && std::filesystem::exists(beside_ / path, ignored);
  return only_beside ? beside_ / path : path;
}

std::uint64_t TableShard::line_of(std::uint64_t offset) const {
  const auto after = std::upper_bound(
      milestones_.begin(), milestones_.end(), offset,
      [](std::uint64_t value, const Milestone& milestone) { return value < milestone.offset; });
  const Milestone& before = *std::prev(after);
  return before.line + count_lines(text_.substr(before.offset, offset - before.offset));
}

std::string TableShard::place(std::uint64_t offset) const {
  return fmt::format("line {}", line_of(offset));
}

std::optional<std::filesystem::path> TableShard::picture_file(std::uint64_t offset) const {
  const auto fields = RowReader(text_, separator_, offset).next(columns_);
  if (!fields || fields->size() <= image_column_) return std::nullopt;
  return image_path(unquote((*fields)[image_column_]));
}

Sample TableShard::read(std::uint64_t offset) const {
  const auto fields = RowReader(text_, separator_, offset).next(columns_);
  if (!fields || fields->size() <= std::max(image_column_, caption_column_))
    fail(ErrorCode::corrupt_data, "table row changed ({}, offset {})", name(), offset);
  Sample sample;
  sample.key = unquote((*fields)[image_column_]);
  sample.shard = name();
  sample.offset = offset;
  sample.line = line_of(offset);
  const auto bytes = std::make_shared<RowBytes>();
  if (!sample.key.empty()) {
    const std::filesystem::path image = image_path(sample.key);
    bytes->image = read_file(image, kMaxImageBytes);
    sample.parts.emplace(image_extension(image), bytes->image);
  }
  bytes->caption = unquote((*fields)[caption_column_]);
  sample.parts.emplace("txt", std::as_bytes(std::span(bytes->caption)));
  sample.storage = bytes;
  return sample;
}

}  // namespace diptych::shards
