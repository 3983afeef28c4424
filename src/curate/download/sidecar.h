#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "columns/column_file.h"
#include "diptych/download.h"

namespace diptych::curate {

/// What became of a shard's URLs, in order, as a file beside it. Not thread-safe.
class Sidecar {
 public:
  virtual ~Sidecar() = default;
  /// Adds a URL's result, as text and as what that says. Throws Error(io).
  virtual void add(std::string_view json, const nlohmann::ordered_json& result) = 0;
  /// Puts the file in its place. Throws Error(io).
  virtual void commit() = 0;
};

/// Finds the types of the columns of results: img2dataset's, and of a list's further columns what
/// all their values are: truth, whole numbers, numbers, otherwise text.
class SidecarColumns {
 public:
  explicit SidecarColumns(const std::vector<std::string>& additional);
  void add(const nlohmann::ordered_json& result);
  std::vector<columns::Column> take() { return std::move(columns_); }

 private:
  std::vector<columns::Column> columns_;
  std::vector<bool> is_known_;  ///< of each column, whether its type is
};

/// Makes a sidecar; `columns` are for Parquet. Throws Error: io, unsupported.
std::unique_ptr<Sidecar> make_sidecar(const std::filesystem::path& path, SidecarFormat format,
                                      std::vector<columns::Column> columns);

}  // namespace diptych::curate
