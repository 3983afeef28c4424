#pragma once

#include <functional>
#include <string>
#include <vector>

#include "command.h"
#include "json_text.h"

/// How a command's answers are written on standard output.
enum class OutputFormat { text, json, json_lines, csv, tsv };

/// Declares --json, --json-lines, --csv and --tsv, of which at most one may be given. `array` is
/// what --json prints: "one JSON array of ...".
void add_format_options(Command command, OutputFormat& format, const std::string& json);

/// Answers on standard output, each as soon as it is known: as text, as one JSON array, as a JSON
/// object a line, or as a table.
class RecordWriter {
 public:
  /// `columns` of a table are keys of the records. With `list`, a record has a row for each of the
  /// objects under that key, such as the labels of a picture; their keys, and "rank" from 1, are
  /// columns too. `print` writes a record as text.
  RecordWriter(OutputFormat format, std::vector<std::string> columns,
               std::function<void(const Json& record)> print, std::string list = {});

  /// Throws Error(io) when it cannot be written.
  void write(const Json& record);
  /// Ends what was begun; without any record, an empty list in the same form.
  void finish();

 private:
  void write_row(const Json& record, const Json& part, std::size_t rank);
  void write_table(const Json& record);
  void begin();

  OutputFormat format_;
  std::vector<std::string> columns_;
  std::function<void(const Json&)> print_;
  std::string list_;
  bool is_begun_ = false;
  std::size_t written_ = 0;
};
