#include "curate/download/url_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/as_text.h"
#include "base/ascii.h"
#include "base/error.h"
#include "base/utf8.h"
#include "columns/columns_module.h"
#include "curate/record.h"
#include "json/json.h"
#include "json/repaired_text.h"

namespace diptych::curate {

namespace {

using Json = nlohmann::ordered_json;

/// A header has no more columns; rows are not read further either.
constexpr std::size_t kMaxColumns = 10'000;

/// The extension that says the form: of "a.csv.gz" ".csv".
std::string form_extension(const std::string& name) {
  std::filesystem::path path(ascii_lower(name));
  if (path.extension() == ".gz" || path.extension() == ".zst") path = path.stem();
  return path.extension().string();
}

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

/// A member as text: strings as they are, other values as JSON; nothing for null and none.
std::optional<std::string> text_member(const Json& object, const std::string& name) {
  const auto member = object.find(name);
  if (member == object.end() || member->is_null()) return std::nullopt;
  return member->is_string() ? member->get<std::string>() : member->dump();
}

/// What a row without readable boxes is dropped for: it must not be written without a blur.
constexpr const char* kBadBoxes = "bad boxes";

void take_boxes(const Json& value, ListRow& row) {
  if (auto boxes = boxes_of(value)) {
    row.boxes = std::move(*boxes);
  } else if (row.fault.empty()) {
    row.fault = kBadBoxes;
  }
}

}  // namespace

bool is_parquet_list(const std::filesystem::path& path) {
  return form_extension(path.string()) == ".parquet";
}

UrlList::UrlList(const std::filesystem::path& path, ListColumns columns)
    : file_(std::make_unique<shards::SourceFile>(path)),
      name_(file_->name()),
      columns_(std::move(columns)),
      text_(as_text(file_->bytes())) {
  read_header();
}

UrlList::UrlList(std::string_view text, const std::string& name, ListColumns columns)
    : name_(name), columns_(std::move(columns)), text_(text) {
  read_header();
}

void UrlList::read_header() {
  const std::string extension = form_extension(name_);
  if (extension == ".parquet") return open_columns();
  text_ = without_byte_order_mark(text_);
  if (extension == ".jsonl" || extension == ".ndjson") {
    form_ = Form::json_lines;
    return;
  }
  if (extension == ".txt") {
    if (columns_.boxes.empty()) return;
    fail(ErrorCode::invalid_argument,
         "list of URLs: got a URL a line, expected a column {} of boxes ({})", columns_.boxes,
         name_);
  }
  if (extension != ".csv" && extension != ".tsv") {
    fail(ErrorCode::unsupported,
         "list of URLs: got {}, expected .csv, .tsv, .jsonl, .parquet or .txt, also with .gz or "
         ".zst ({})",
         extension.empty() ? "no extension" : extension, name_);
  }
  open_table(extension == ".csv" ? ',' : '\t');
}

std::string UrlList::demand(const std::vector<std::string>& header,
                            const std::string& column) const {
  if (std::find(header.begin(), header.end(), column) != header.end()) return column;
  fail(ErrorCode::invalid_argument, "list of URLs: got the columns {}, expected {} ({})",
       fmt::join(header, ", "), column, name_);
}

void UrlList::open_columns() {
  form_ = Form::columns;
  reader_ = columns::column_files()->read(std::as_bytes(std::span(text_)), name_);
  const std::vector<std::string>& header = reader_->names();
  std::vector<std::string> chosen = {demand(header, columns_.url)};
  if (!columns_.caption.empty()) chosen.push_back(demand(header, columns_.caption));
  if (!columns_.boxes.empty()) chosen.push_back(demand(header, columns_.boxes));
  for (const std::string& column : columns_.additional) chosen.push_back(demand(header, column));
  for (const char* column : {"caption", "text"}) {
    const bool is_wanted = columns_.caption.empty();
    if (is_wanted && std::find(header.begin(), header.end(), column) != header.end())
      chosen.emplace_back(column);
  }
  reader_->select(chosen);
}

void UrlList::open_table(char separator) {
  form_ = Form::table;
  table_.emplace(text_, separator);
  std::vector<std::string> header;
  for (const std::string_view field :
       table_->next(kMaxColumns).value_or(std::vector<std::string_view>())) {
    header.push_back(shards::unquote(field));
  }
  width_ = header.size();
  const auto find = [&](const std::string& column) -> std::optional<std::size_t> {
    const auto place = std::find(header.begin(), header.end(), column);
    if (place == header.end()) return std::nullopt;
    return static_cast<std::size_t>(place - header.begin());
  };
  const auto wanted = [&](const std::string& column) { return *find(demand(header, column)); };
  url_place_ = wanted(columns_.url);
  if (!columns_.boxes.empty()) boxes_place_ = wanted(columns_.boxes);
  if (!columns_.caption.empty()) {
    caption_place_ = wanted(columns_.caption);
  } else {
    caption_place_ = find("caption");
    if (!caption_place_) caption_place_ = find("text");
  }
  for (const std::string& column : columns_.additional) {
    additional_places_.push_back(wanted(column));
  }
}

std::optional<std::string_view> UrlList::next_line() {
  while (!text_.empty()) {
    const std::size_t end = std::min(text_.find('\n'), text_.size());
    std::string_view line = text_.substr(0, end);
    text_.remove_prefix(std::min(end + 1, text_.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") != std::string_view::npos) return line;
  }
  return std::nullopt;
}

std::string UrlList::repaired(std::string text) {
  if (is_utf8(text)) return text;
  if (repaired_++ == 0) first_repaired_ = line_number();
  return repaired_text(std::move(text));
}

std::uint64_t UrlList::line_number() const {
  return shards::count_lines(text_.substr(0, table_->row_position())) + 1;
}

std::string UrlList::note() const {
  if (repaired_ == 0) return {};
  return fmt::format(
      "list of URLs: {} of its fields are no UTF-8 and have U+FFFD, the first in line {} "
      "({})",
      repaired_, first_repaired_, name_);
}

ListRow UrlList::row_of(const std::vector<std::string_view>& fields) {
  const auto field = [&](std::size_t place) {
    return place < fields.size() ? shards::unquote(fields[place]) : std::string();
  };
  ListRow row;
  row.url = field(url_place_);
  if (row.url.empty()) row.fault = "no URL";
  if (boxes_place_) take_boxes(field(*boxes_place_), row);
  if (caption_place_) row.caption = repaired(field(*caption_place_));
  for (std::size_t i = 0; i < additional_places_.size(); ++i) {
    row.additional[columns_.additional[i]] = repaired(field(additional_places_[i]));
  }
  return row;
}

ListRow UrlList::row_of_json(std::string_view line) const {
  ListRow row;
  if (line.size() > kMaxRecordBytes) {
    row.fault = "record too large";
    return row;
  }
  const std::optional<Json> object = read_ordered_json(line);
  if (!object || !object->is_object()) {
    row.fault = "malformed JSON";
    return row;
  }
  return row_of_object(*object);
}

ListRow UrlList::row_of_object(const Json& object) const {
  ListRow row;
  row.url = text_member(object, columns_.url).value_or(std::string());
  if (row.url.empty()) row.fault = "no URL";
  const auto member = [&object](const std::string& name) {
    const auto found = object.find(name);
    return found == object.end() ? Json() : *found;
  };
  if (!columns_.boxes.empty()) take_boxes(member(columns_.boxes), row);
  if (!columns_.caption.empty()) {
    row.caption = text_member(object, columns_.caption);
  } else {
    row.caption = text_member(object, "caption");
    if (!row.caption) row.caption = text_member(object, "text");
  }
  for (const std::string& column : columns_.additional) {
    row.additional[column] = member(column);
  }
  return row;
}

std::optional<ListRow> UrlList::next_of_columns() {
  if (!reader_) return std::nullopt;
  try {
    if (const auto row = reader_->next()) return row_of_object(*row);
    return std::nullopt;
  } catch (const Error& error) {
    reader_.reset();
    ListRow row;
    row.fault = "damaged list";
    row.detail = error.what();
    return row;
  }
}

std::optional<ListRow> UrlList::next() {
  if (form_ == Form::columns) return next_of_columns();
  ListRow row;
  if (form_ == Form::table) {
    const auto fields = table_->next(width_);
    if (fields) return row_of(*fields);
    if (!table_->unclosed_quote()) return std::nullopt;
    const std::string_view lost = text_.substr(table_->row_position());
    row.fault = "unclosed quote";
    row.detail = fmt::format(
        "line {} opens a quote that nothing closes, which takes this and {} "
        "line ends after it: no row of them is read",
        line_number(), shards::count_lines(lost));
    table_.emplace(std::string_view(), ',');
    return row;
  }
  const auto line = next_line();
  if (!line) return std::nullopt;
  if (form_ == Form::json_lines) return row_of_json(*line);
  row.url = *line;
  return row;
}

}  // namespace diptych::curate
