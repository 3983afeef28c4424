#pragma once

#include <memory>
#include <string>

#include "base/module.h"
#include "columns/column_file.h"

namespace diptych::columns {

/// What the module for Parquet, libdiptych-parquet.so, offers. Only a program that meets such a
/// file loads Arrow.
struct ColumnFunctions {
  /// Opens a file that is in memory and outlives its reader; `name` is for messages. Throws
  /// Error(corrupt_data) for what is no Parquet or is damaged.
  std::unique_ptr<ColumnReader> (*read)(std::span<const std::byte> bytes, const std::string& name);
  std::unique_ptr<ColumnWriter> (*write)(std::vector<Column> columns, TakeBytes take);
};

/// Returns the module's functions, loading it when it is first asked for. Throws
/// Error(unsupported) when there is none.
inline const Module<ColumnFunctions>& column_files() {
  static const Module<ColumnFunctions> module(
      {.name = "libdiptych-parquet.so",
       .variable = "DIPTYCH_PARQUET_READER",
       .command = "Parquet files",
       .remedy = "Build it with Arrow (tools/setup, DIPTYCH_PARQUET=ON)"});
  return module;
}

}  // namespace diptych::columns
