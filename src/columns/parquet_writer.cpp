#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/io/interfaces.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>

#include <cstdint>
#include <exception>
#include <utility>

#include "columns/parquet_error.h"
#include "columns/parquet_file.h"

namespace diptych::columns {

namespace {

using Json = nlohmann::ordered_json;

/// Rows in memory at a time, which become a row group.
constexpr std::int64_t kRowsInGroup = 10'000;

std::shared_ptr<::arrow::DataType> arrow_type(ColumnType type) {
  switch (type) {
    case ColumnType::whole_number:
      return ::arrow::int64();
    case ColumnType::number:
      return ::arrow::float64();
    case ColumnType::truth:
      return ::arrow::boolean();
    case ColumnType::text:
      break;
  }
  return ::arrow::utf8();
}

std::shared_ptr<::arrow::Schema> schema_of(const std::vector<Column>& columns) {
  ::arrow::FieldVector fields;
  for (const Column& column : columns)
    fields.push_back(::arrow::field(column.name, arrow_type(column.type)));
  return ::arrow::schema(std::move(fields));
}

::arrow::Status append(::arrow::ArrayBuilder& builder, ColumnType type, const Json& value) {
  if (value.is_null()) return builder.AppendNull();
  switch (type) {
    case ColumnType::whole_number:
      return static_cast<::arrow::Int64Builder&>(builder).Append(value.get<std::int64_t>());
    case ColumnType::number:
      return static_cast<::arrow::DoubleBuilder&>(builder).Append(value.get<double>());
    case ColumnType::truth:
      return static_cast<::arrow::BooleanBuilder&>(builder).Append(value.get<bool>());
    case ColumnType::text:
      break;
  }
  return static_cast<::arrow::StringBuilder&>(builder).Append(
      value.is_string() ? value.get_ref<const std::string&>()
                        : value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

/// Hands bytes on. What that throws is kept, as Arrow expects a status.
class ByteSink final : public ::arrow::io::OutputStream {
 public:
  explicit ByteSink(TakeBytes take) : take_(std::move(take)) {
    set_mode(::arrow::io::FileMode::WRITE);
  }

  using ::arrow::io::Writable::Write;
  ::arrow::Status Write(const void* data, std::int64_t size) override {
    try {
      take_({static_cast<const std::byte*>(data), static_cast<std::size_t>(size)});
    } catch (...) {
      error_ = std::current_exception();
      return ::arrow::Status::IOError("cannot write");
    }
    position_ += size;
    return ::arrow::Status::OK();
  }
  ::arrow::Status Close() override {
    is_closed_ = true;
    return ::arrow::Status::OK();
  }
  ::arrow::Result<std::int64_t> Tell() const override { return position_; }
  bool closed() const override { return is_closed_; }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  TakeBytes take_;
  std::exception_ptr error_;
  std::int64_t position_ = 0;
  bool is_closed_ = false;
};

class ParquetWriter final : public ColumnWriter {
 public:
  ParquetWriter(std::vector<Column> columns, TakeBytes take)
      : columns_(std::move(columns)),
        schema_(schema_of(columns_)),
        sink_(std::make_shared<ByteSink>(std::move(take))) {
    work([this] {
      PARQUET_ASSIGN_OR_THROW(writer_, ::parquet::arrow::FileWriter::Open(
                                           *schema_, ::arrow::default_memory_pool(), sink_));
      for (const auto& field : schema_->fields()) {
        PARQUET_ASSIGN_OR_THROW(auto builder, ::arrow::MakeBuilder(field->type()));
        builders_.push_back(std::move(builder));
      }
    });
  }

  void add(const Json& row) override {
    work([&] {
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        const auto value = row.find(columns_[i].name);
        PARQUET_THROW_NOT_OK(
            append(*builders_[i], columns_[i].type, value == row.end() ? Json() : *value));
      }
      if (++rows_ == kRowsInGroup) flush();
    });
  }

  void finish() override {
    work([this] {
      if (rows_ > 0) flush();
      PARQUET_THROW_NOT_OK(writer_->Close());
    });
  }

 private:
  template <typename Work>
  void work(Work&& work) {
    with_errors_of("output", [&] {
      try {
        work();
      } catch (const std::exception&) {
        sink_->rethrow();
        throw;
      }
    });
  }

  void flush() {
    ::arrow::ArrayVector arrays;
    for (const auto& builder : builders_) {
      PARQUET_ASSIGN_OR_THROW(auto array, builder->Finish());
      arrays.push_back(std::move(array));
    }
    const auto table = ::arrow::Table::Make(schema_, arrays, rows_);
    PARQUET_THROW_NOT_OK(writer_->WriteTable(*table, kRowsInGroup));
    rows_ = 0;
  }

  std::vector<Column> columns_;
  std::shared_ptr<::arrow::Schema> schema_;
  std::shared_ptr<ByteSink> sink_;
  std::unique_ptr<::parquet::arrow::FileWriter> writer_;
  std::vector<std::unique_ptr<::arrow::ArrayBuilder>> builders_;
  std::int64_t rows_ = 0;
};

}  // namespace

std::unique_ptr<ColumnWriter> write_parquet(std::vector<Column> columns, TakeBytes take) {
  return std::make_unique<ParquetWriter>(std::move(columns), std::move(take));
}

}  // namespace diptych::columns
