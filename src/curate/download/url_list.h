#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shards/source_file.h"
#include "shards/table.h"

namespace diptych::curate {

/// Which columns of a list are wanted.
struct ListColumns {
  std::string url = "url";
  std::string caption;  ///< empty: "caption" or "text", where the list has one of them
  std::vector<std::string> additional;
};

struct ListRow {
  std::string url;    ///< as it stands in the list; empty: the row has none
  std::string fault;  ///< why the row is none, a few words; or empty
  std::optional<std::string> caption;
  nlohmann::ordered_json additional = nlohmann::ordered_json::object();
};

/// Reads a list of URLs from whoever wrote it: CSV and TSV with a header row, JSON Lines, or a URL
/// a line, as the name says, with gzip and zstd too. Not thread-safe.
class UrlList {
 public:
  /// Throws Error: as shards::SourceFile; invalid_argument for a table without a column that is
  /// wanted; unsupported for another form.
  UrlList(const std::filesystem::path& path, ListColumns columns);

  /// Returns the next row that is not blank; nothing at the end. Text that is no UTF-8 is repaired.
  std::optional<ListRow> next();

  /// The same for text that is in memory and outlives the list. `name` says the form.
  UrlList(std::string_view text, const std::string& name, ListColumns columns);

 private:
  enum class Form { lines, json_lines, table };

  void read_header();
  ListRow row_of(const std::vector<std::string_view>& fields) const;
  ListRow row_of_json(std::string_view line) const;
  std::optional<std::string_view> next_line();

  std::unique_ptr<shards::SourceFile> file_;
  std::string name_;
  ListColumns columns_;
  Form form_ = Form::lines;
  std::string_view text_;
  std::optional<shards::RowReader> table_;
  std::size_t width_ = 0;
  std::size_t url_place_ = 0;
  std::optional<std::size_t> caption_place_;
  std::vector<std::size_t> additional_places_;
};

}  // namespace diptych::curate
