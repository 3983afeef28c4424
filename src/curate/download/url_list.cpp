#include "curate/download/url_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/as_text.h"
#include "base/ascii.h"
#include "base/error.h"
#include "base/utf8.h"
#include "curate/record.h"

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

/// Text with U+FFFD for what is no UTF-8.
std::string repaired(std::string text) {
  if (is_utf8(text)) return text;
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

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
  text_ = without_byte_order_mark(text_);
  if (extension == ".jsonl" || extension == ".ndjson") {
    form_ = Form::json_lines;
    return;
  }
  if (extension == ".txt") return;
  if (extension != ".csv" && extension != ".tsv") {
    fail(ErrorCode::unsupported,
         "list of URLs: got {}, expected .csv, .tsv, .jsonl or .txt, also with .gz or .zst ({})",
         extension.empty() ? "no extension" : extension, name_);
  }
  form_ = Form::table;
  table_.emplace(text_, extension == ".csv" ? ',' : '\t');
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
  const auto demand = [&](const std::string& column) {
    if (const auto place = find(column)) return *place;
    fail(ErrorCode::invalid_argument, "list of URLs: got the columns {}, expected {} ({})",
         fmt::join(header, ", "), column, name_);
  };
  url_place_ = demand(columns_.url);
  if (!columns_.caption.empty()) {
    caption_place_ = demand(columns_.caption);
  } else {
    caption_place_ = find("caption");
    if (!caption_place_) caption_place_ = find("text");
  }
  for (const std::string& column : columns_.additional) {
    additional_places_.push_back(demand(column));
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

ListRow UrlList::row_of(const std::vector<std::string_view>& fields) const {
  const auto field = [&](std::size_t place) {
    return place < fields.size() ? shards::unquote(fields[place]) : std::string();
  };
  ListRow row{.url = field(url_place_), .fault = {}, .caption = {}};
  if (row.url.empty()) row.fault = "no URL";
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
  const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) {
    row.fault = "malformed JSON";
    return row;
  }
  row.url = text_member(object, columns_.url).value_or(std::string());
  if (row.url.empty()) row.fault = "no URL";
  if (!columns_.caption.empty()) {
    row.caption = text_member(object, columns_.caption);
  } else {
    row.caption = text_member(object, "caption");
    if (!row.caption) row.caption = text_member(object, "text");
  }
  for (const std::string& column : columns_.additional) {
    const auto member = object.find(column);
    row.additional[column] = member == object.end() ? Json() : *member;
  }
  return row;
}

std::optional<ListRow> UrlList::next() {
  if (form_ == Form::table) {
    const auto fields = table_->next(width_);
    if (fields) return row_of(*fields);
    if (!table_->unclosed_quote()) return std::nullopt;
    table_.emplace(std::string_view(), ',');
    return ListRow{.url = {}, .fault = "unclosed quote", .caption = {}};
  }
  const auto line = next_line();
  if (!line) return std::nullopt;
  if (form_ == Form::json_lines) return row_of_json(*line);
  return ListRow{.url = std::string(*line), .fault = {}, .caption = {}};
}

}  // namespace diptych::curate
