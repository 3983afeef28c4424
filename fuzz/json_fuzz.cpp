// Any bytes either are JSON that reads back as it was written or throw diptych::Error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "diptych/error.h"
#include "json/json.h"

using namespace diptych;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const Json json = parse_json(bytes, "input");
    const std::string written = json.dump();
    const Json again = parse_json(std::as_bytes(std::span(written)), "written");
    if (again.dump() != written) std::abort();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::internal) std::abort();
  }
  return 0;
}
