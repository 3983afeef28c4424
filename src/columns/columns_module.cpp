#include "columns/columns_module.h"

#include "columns/parquet_file.h"

namespace {

constexpr diptych::columns::ColumnFunctions kFunctions = {
    .read = &diptych::columns::read_parquet, .write = &diptych::columns::write_parquet};

}  // namespace

DIPTYCH_EXPORT_MODULE(kFunctions);
