#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "columns/column_file.h"

namespace diptych::columns {

/// Opens a Parquet file as ColumnFunctions::read says.
std::unique_ptr<ColumnReader> read_parquet(std::span<const std::byte> bytes,
                                           const std::string& name);

/// Begins a Parquet file whose bytes go to `take`.
std::unique_ptr<ColumnWriter> write_parquet(std::vector<Column> columns, TakeBytes take);

}  // namespace diptych::columns
