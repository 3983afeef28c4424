#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace diptych::columns {

/// Reads columns of a Parquet file, a few rows in memory at a time. Not thread-safe.
class ColumnReader {
 public:
  virtual ~ColumnReader() = default;

  /// Returns the names of all columns of the top level, in order.
  virtual const std::vector<std::string>& names() const = 0;
  /// Chooses which of them are read, before the first row is. Throws Error: invalid_argument for a
  /// name that is not there; unsupported for a column of lists in lists beyond any use.
  virtual void select(const std::vector<std::string>& names) = 0;
  /// Returns the next row, an object of the chosen columns; nothing at the end. Text that is no
  /// UTF-8 is repaired; what JSON has no type for (times, decimals) is text. Throws Error:
  /// corrupt_data; out_of_memory for pages of over a gibibyte.
  virtual std::optional<nlohmann::ordered_json> next() = 0;
};

enum class ColumnType { text, whole_number, number, truth };

struct Column {
  std::string name;
  ColumnType type = ColumnType::text;
};

/// Writes a Parquet file, some thousand rows in memory at a time. Not thread-safe.
class ColumnWriter {
 public:
  virtual ~ColumnWriter() = default;

  /// Adds a row, an object: of each column the member of its name. What is null or not there is
  /// null; what is no text is written as JSON in a column of texts. Throws what writing bytes does.
  virtual void add(const nlohmann::ordered_json& row) = 0;
  /// Writes the rest.
  virtual void finish() = 0;
};

/// Takes the next bytes of a file.
using TakeBytes = std::function<void(std::span<const std::byte>)>;

}  // namespace diptych::columns
