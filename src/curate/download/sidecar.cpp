#include "curate/download/sidecar.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "base/atomic_file.h"
#include "columns/columns_module.h"

namespace diptych::curate {

namespace {

using Json = nlohmann::ordered_json;
using columns::Column;
using columns::ColumnType;

ColumnType type_of(const Json& value) {
  const bool is_too_large =
      value.is_number_unsigned() &&
      value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  if (value.is_boolean()) return ColumnType::truth;
  if (value.is_number_integer() && !is_too_large) return ColumnType::whole_number;
  return value.is_number() ? ColumnType::number : ColumnType::text;
}

/// The type that values of both types have.
ColumnType common_type(ColumnType a, ColumnType b) {
  const auto is_number = [](ColumnType type) {
    return type == ColumnType::whole_number || type == ColumnType::number;
  };
  if (a == b) return a;
  return is_number(a) && is_number(b) ? ColumnType::number : ColumnType::text;
}

class JsonLinesSidecar final : public Sidecar {
 public:
  explicit JsonLinesSidecar(const std::filesystem::path& path) : file_(path) {}
  void add(std::string_view json, const Json&) override {
    file_.write(json);
    file_.write("\n");
  }
  void commit() override { file_.commit(); }

 private:
  AtomicFile file_;
};

class ParquetSidecar final : public Sidecar {
 public:
  ParquetSidecar(const std::filesystem::path& path, std::vector<Column> columns)
      : file_(path),
        writer_(columns::column_files()->write(
            std::move(columns), [this](std::span<const std::byte> bytes) { file_.write(bytes); })) {
  }
  void add(std::string_view, const Json& result) override { writer_->add(result); }
  void commit() override {
    writer_->finish();
    file_.commit();
  }

 private:
  AtomicFile file_;
  std::unique_ptr<columns::ColumnWriter> writer_;
};

}  // namespace

SidecarColumns::SidecarColumns(const std::vector<std::string>& additional)
    : columns_({{"url"},
                {"caption"},
                {"key"},
                {"status"},
                {"error_message"},
                {"error_detail"},
                {"width", ColumnType::whole_number},
                {"height", ColumnType::whole_number},
                {"original_width", ColumnType::whole_number},
                {"original_height", ColumnType::whole_number},
                {"sha256"}}),
      is_known_(columns_.size(), true) {
  for (const std::string& name : additional) {
    const bool is_there = std::any_of(columns_.begin(), columns_.end(),
                                      [&](const Column& column) { return column.name == name; });
    if (is_there) continue;
    columns_.push_back({name});
    is_known_.push_back(false);
  }
}

void SidecarColumns::add(const Json& result) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto value = result.find(columns_[i].name);
    const bool is_fixed = is_known_[i] && columns_[i].type == ColumnType::text;
    if (is_fixed || value == result.end() || value->is_null()) continue;
    const ColumnType type = type_of(*value);
    columns_[i].type = is_known_[i] ? common_type(columns_[i].type, type) : type;
    is_known_[i] = true;
  }
}

std::unique_ptr<Sidecar> make_sidecar(const std::filesystem::path& path, SidecarFormat format,
                                      std::vector<columns::Column> columns) {
  if (format == SidecarFormat::parquet)
    return std::make_unique<ParquetSidecar>(path, std::move(columns));
  return std::make_unique<JsonLinesSidecar>(path);
}

}  // namespace diptych::curate
