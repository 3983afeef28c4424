// Stands in for embedded_model.cpp while models/pictogram has not been made.
#include "api/embedded_model.h"

namespace diptych::api {

std::vector<checkpoint::FileBytes> embedded_files() {
  return {};
}

}  // namespace diptych::api
