#include "api/npy.h"

#include <span>
#include <variant>

#include "base/atomic_file.h"
#include "base/npy_header.h"

namespace diptych::api {
namespace {

const char* type_code(float) {
  return "<f4";
}
const char* type_code(std::int32_t) {
  return "<i4";
}
const char* type_code(std::uint8_t) {
  return "|u1";
}

}  // namespace

void write_npy(const std::filesystem::path& path, const Array& array, Existing existing) {
  AtomicFile file(path, existing);
  std::visit(
      [&](const auto& values) {
        using Value = typename std::decay_t<decltype(values)>::value_type;
        file.write(npy_header(type_code(Value{}), array.shape));
        file.write(std::as_bytes(std::span(values)));
      },
      array.values);
  file.commit();
}

}  // namespace diptych::api
