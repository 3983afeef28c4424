#include <arrow/array.h>
#include <arrow/io/memory.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "columns/arrow_value.h"
#include "columns/parquet_error.h"
#include "columns/parquet_file.h"

namespace diptych::columns {

namespace {

using ::parquet::arrow::SchemaField;

/// Rows in memory at a time.
constexpr std::int64_t kRowsAtOnce = 1024;
/// What a file may make Arrow take: a page states its own size.
constexpr std::int64_t kMostMemory = std::int64_t{1} << 30;
/// Lists in lists, in a column that is read.
constexpr int kMostLevels = 32;

/// Adds the leaves below a field; returns how deep they lie.
int add_leaves(const SchemaField& field, std::vector<int>& leaves) {
  if (field.is_leaf()) leaves.push_back(field.column_index);
  int depth = 0;
  for (const SchemaField& child : field.children)
    depth = std::max(depth, add_leaves(child, leaves));
  return depth + 1;
}

class ParquetReader final : public ColumnReader {
 public:
  ParquetReader(std::span<const std::byte> bytes, std::string file)
      : file_(std::move(file)), pool_(::arrow::system_memory_pool(), kMostMemory) {
    with_errors_of(file_, [&] { open(bytes); });
  }

  const std::vector<std::string>& names() const override { return names_; }

  void select(const std::vector<std::string>& names) override {
    std::vector<int> leaves;
    for (const std::string& name : names) {
      const auto place = std::find(names_.begin(), names_.end(), name);
      if (place == names_.end()) {
        fail(ErrorCode::invalid_argument, "Parquet: got no column {}, expected one ({})", name,
             file_);
      }
      const auto& field =
          reader_->manifest().schema_fields[static_cast<std::size_t>(place - names_.begin())];
      if (add_leaves(field, leaves) > kMostLevels) {
        fail(ErrorCode::unsupported,
             "Parquet: got over {} levels in column {}, expected fewer ({})", kMostLevels, name,
             file_);
      }
    }
    std::sort(leaves.begin(), leaves.end());
    leaves.erase(std::unique(leaves.begin(), leaves.end()), leaves.end());
    std::vector<int> groups(static_cast<std::size_t>(reader_->num_row_groups()));
    std::iota(groups.begin(), groups.end(), 0);
    with_errors_of(file_, [&] {
      PARQUET_ASSIGN_OR_THROW(batches_, reader_->GetRecordBatchReader(groups, leaves));
    });
  }

  std::optional<nlohmann::ordered_json> next() override {
    ensure(batches_ != nullptr, "columns are chosen before rows are read");
    return with_errors_of(file_, [this] { return next_row(); });
  }

 private:
  void open(std::span<const std::byte> bytes) {
    auto file = std::make_shared<::arrow::io::BufferReader>(
        std::make_shared<::arrow::Buffer>(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                          static_cast<std::int64_t>(bytes.size())));
    ::parquet::ArrowReaderProperties properties;
    properties.set_batch_size(kRowsAtOnce);
    properties.set_pre_buffer(false);  // the file is mapped
    properties.set_use_threads(false);
    ::parquet::arrow::FileReaderBuilder builder;
    PARQUET_THROW_NOT_OK(builder.Open(std::move(file), ::parquet::ReaderProperties(&pool_)));
    builder.memory_pool(&pool_)->properties(properties);
    PARQUET_ASSIGN_OR_THROW(reader_, builder.Build());
    for (const SchemaField& field : reader_->manifest().schema_fields)
      names_.push_back(field.field->name());
  }

  std::optional<nlohmann::ordered_json> next_row() {
    while (!batch_ || row_ == batch_->num_rows()) {
      PARQUET_THROW_NOT_OK(batches_->ReadNext(&batch_));
      if (!batch_) return std::nullopt;
      row_ = 0;
    }
    nlohmann::ordered_json row = nlohmann::ordered_json::object();
    for (int i = 0; i < batch_->num_columns(); ++i)
      row[batch_->column_name(i)] = json_of(*batch_->column(i), row_);
    ++row_;
    return row;
  }

  std::string file_;
  ::arrow::CappedMemoryPool pool_;
  std::unique_ptr<::parquet::arrow::FileReader> reader_;
  std::vector<std::string> names_;
  std::shared_ptr<::arrow::RecordBatchReader> batches_;
  std::shared_ptr<::arrow::RecordBatch> batch_;
  std::int64_t row_ = 0;
};

}  // namespace

std::unique_ptr<ColumnReader> read_parquet(std::span<const std::byte> bytes,
                                           const std::string& name) {
  return std::make_unique<ParquetReader>(bytes, name);
}

}  // namespace diptych::columns
