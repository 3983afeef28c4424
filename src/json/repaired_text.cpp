#include "json/repaired_text.h"

#include <nlohmann/json.hpp>

#include "base/utf8.h"

namespace diptych {

std::string repaired_text(std::string text) {
  using Json = nlohmann::json;
  if (is_utf8(text)) return text;
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace diptych
