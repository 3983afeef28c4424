#include "api/model_name.h"

#include "base/error.h"

namespace diptych::api {

bool names_embedded_model(const std::string& name_or_path) {
  return name_or_path.empty() || name_or_path == kEmbeddedName;
}

std::filesystem::path existing_path(const std::string& name_or_path) {
  std::error_code unknown;
  if (!std::filesystem::exists(name_or_path, unknown)) {
    fail(ErrorCode::not_found,
         "model: got '{}', expected a file, a folder, or a name that `diptych models` lists",
         name_or_path);
  }
  return name_or_path;
}

}  // namespace diptych::api
