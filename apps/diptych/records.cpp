#include "records.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "console.h"

namespace {

constexpr int kIndent = 2;

/// RFC 4180: in quotes when it must be, with quotes doubled.
std::string csv_cell(const std::string& text) {
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

/// TSV has no quotes: what would end a cell is escaped.
std::string tsv_cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '\t':
        escaped += "\\t";
        break;
      case '\n':
        escaped += "\\n";
        break;
      case '\r':
        escaped += "\\r";
        break;
      case '\\':
        escaped += "\\\\";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

/// Lines of a JSON array's entry, indented as the array's entries are.
std::string indented(const std::string& lines) {
  const std::string margin(kIndent, ' ');
  std::string result = margin;
  for (const char c : lines) {
    result += c;
    if (c == '\n') result += margin;
  }
  return result;
}

}  // namespace

void add_format_options(Command command, OutputFormat& format, const std::string& json) {
  const Command forms = command.at_most_one("output", "at most one of them");
  const auto add = [&](const char* name, OutputFormat choice, const std::string& meaning) {
    forms.flag(
        name, [&format, choice] { format = choice; }, meaning);
  };
  add("--json", OutputFormat::json, "print " + json);
  add("--json-lines", OutputFormat::json_lines, "print a JSON object a line, as it is computed");
  add("--csv", OutputFormat::csv, "print a table, separated by commas");
  add("--tsv", OutputFormat::tsv, "print a table, separated by tabs");
}

RecordWriter::RecordWriter(OutputFormat format, std::vector<std::string> columns,
                           std::function<void(const Json& record)> print, std::string list)
    : format_(format),
      columns_(std::move(columns)),
      print_(std::move(print)),
      list_(std::move(list)) {}

void RecordWriter::begin() {
  if (is_begun_) return;
  is_begun_ = true;
  if (format_ == OutputFormat::json) print_text("[");
  if (format_ == OutputFormat::csv) print_line(fmt::format("{}", fmt::join(columns_, ",")));
  if (format_ == OutputFormat::tsv) print_line(fmt::format("{}", fmt::join(columns_, "\t")));
}

void RecordWriter::write(const Json& record) {
  begin();
  switch (format_) {
    case OutputFormat::text:
      print_(record);
      break;
    case OutputFormat::json:
      print_text((written_ == 0 ? "\n" : ",\n") + indented(json_text(record, kIndent)));
      break;
    case OutputFormat::json_lines:
      print_line(json_text(record, -1));
      break;
    default:
      write_table(record);
  }
  ++written_;
  flush_output();
}

void RecordWriter::finish() {
  begin();
  if (format_ == OutputFormat::json) print_line(written_ == 0 ? "]" : "\n]");
  flush_output();
}

void RecordWriter::write_table(const Json& record) {
  const auto list = record.find(list_);
  if (list == record.end()) {
    write_row(record, Json::object(), 0);
    return;
  }
  for (std::size_t i = 0; i < list->size(); ++i) write_row(record, (*list)[i], i + 1);
}

void RecordWriter::write_row(const Json& record, const Json& part, std::size_t rank) {
  std::string row;
  for (const std::string& column : columns_) {
    if (&column != &columns_.front()) row += format_ == OutputFormat::csv ? ',' : '\t';
    std::string cell;
    if (part.contains(column)) {
      cell = plain_text(part[column]);
    } else if (record.contains(column)) {
      cell = plain_text(record[column]);
    } else if (column == "rank" && rank > 0) {
      cell = fmt::format("{}", rank);
    }
    row += format_ == OutputFormat::csv ? csv_cell(cell) : tsv_cell(cell);
  }
  print_line(row);
}
