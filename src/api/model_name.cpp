#include "api/model_name.h"

#include <fmt/ranges.h>

#include <string_view>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "catalogue/cache.h"
#include "catalogue/catalogue.h"

namespace diptych::api {
namespace {

constexpr std::string_view kLocalPrefix = "local-dir:";

bool exists(const std::string& path) {
  std::error_code unknown;
  return std::filesystem::exists(path, unknown);
}

std::filesystem::path pulled_path(const ListedModel& model) {
  if (catalogue::pulled_weights(model).empty()) {
    fail(ErrorCode::not_found,
         "model {}: is not on this machine; `diptych pull {}` fetches it (expected in {})",
         model.name, model.name, catalogue::folder_of(model).string());
  }
  return catalogue::folder_of(model);
}

}  // namespace

bool names_embedded_model(const std::string& name_or_path) {
  return name_or_path.empty() || name_or_path == kEmbeddedName;
}

std::filesystem::path model_path(const std::string& name_or_path) {
  const bool local = name_or_path.starts_with(kLocalPrefix);
  const std::string path = local ? name_or_path.substr(kLocalPrefix.size()) : name_or_path;
  if (exists(path)) return path;
  if (local) fail(ErrorCode::not_found, "no model at {}: no such file or folder", path);
  if (const auto model = catalogue::find_published(path)) return pulled_path(*model);
  fail_unknown_model(path);
}

void fail_unknown_model(const std::string& name) {
  const std::vector<std::string> similar = catalogue::similar_names(name);
  fail(ErrorCode::not_found,
       "model: got '{}', expected a file, a folder, or a name that `diptych models` lists{}{}",
       name, similar.empty() ? "" : ", such as ", fmt::join(similar, ", "));
}

}  // namespace diptych::api
