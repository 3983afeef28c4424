// What is JSON reads as JSON; any other text reads as a value that JSON can write, or not at all.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "json/json.h"
#include "shards/python_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::optional<diptych::Json> strict = diptych::read_json(text);
  const nlohmann::json python = diptych::shards::parse_python_json(text);
  if (strict && python != *strict) std::abort();
  if (!python.is_discarded() && python.dump().empty()) std::abort();
  return 0;
}
