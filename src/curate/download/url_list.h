#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "columns/column_file.h"
#include "curate/download/blurred_boxes.h"
#include "shards/source_file.h"
#include "shards/table.h"

namespace diptych::curate {

/// Which columns of a list are wanted.
struct ListColumns {
  std::string url = "url";
  std::string caption;  ///< empty: "caption" or "text", where the list has one of them
  std::vector<std::string> additional;
  std::string boxes;  ///< what is blurred of pictures; empty: no column
};

struct ListRow {
  std::string url;     ///< as it stands in the list; empty: the row has none
  std::string fault;   ///< why the row is none, a few words; or empty
  std::string detail;  ///< more of it, or empty
  std::optional<std::string> caption;
  nlohmann::ordered_json additional = nlohmann::ordered_json::object();
  std::vector<Box> boxes;
};

/// Returns whether a list's name is that of a Parquet file, which wants the module for them.
bool is_parquet_list(const std::filesystem::path& path);

/// Reads a list of URLs from whoever wrote it: CSV and TSV with a header row, JSON Lines, Parquet,
/// or a URL a line, as the name says, with gzip and zstd too. Not thread-safe.
class UrlList {
 public:
  /// Throws Error: as shards::SourceFile; invalid_argument for a table without a column that is
  /// wanted; corrupt_data for no Parquet file under its name; unsupported for another form, and for
  /// Parquet without its module.
  UrlList(const std::filesystem::path& path, ListColumns columns);

  /// Returns the next row that is not blank; nothing at the end. Text that is no UTF-8 is repaired.
  /// Where a file is damaged is one row with a fault, and the end.
  std::optional<ListRow> next();

  /// Returns how many fields were repaired so far, and where the first is, in a sentence; empty:
  /// none.
  std::string note() const;

  /// The same for text that is in memory and outlives the list. `name` says the form.
  UrlList(std::string_view text, const std::string& name, ListColumns columns);

 private:
  enum class Form { lines, json_lines, table, columns };

  void read_header();
  ListRow row_of(const std::vector<std::string_view>& fields);
  std::string repaired(std::string text);
  std::uint64_t line_number() const;
  ListRow row_of_json(std::string_view line) const;
  ListRow row_of_object(const nlohmann::ordered_json& object) const;
  std::optional<ListRow> next_of_columns();
  void open_table(char separator);
  void open_columns();
  std::string demand(const std::vector<std::string>& header, const std::string& column) const;
  std::optional<std::string_view> next_line();

  std::unique_ptr<shards::SourceFile> file_;
  std::string name_;
  ListColumns columns_;
  Form form_ = Form::lines;
  std::string_view text_;
  std::optional<shards::RowReader> table_;
  std::unique_ptr<columns::ColumnReader> reader_;
  std::uint64_t repaired_ = 0;        ///< fields of the table
  std::uint64_t first_repaired_ = 0;  ///< its line
  std::size_t width_ = 0;
  std::size_t url_place_ = 0;
  std::optional<std::size_t> caption_place_;
  std::vector<std::size_t> additional_places_;
  std::optional<std::size_t> boxes_place_;
};

}  // namespace diptych::curate
