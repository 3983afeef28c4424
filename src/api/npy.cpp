#include "api/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <span>
#include <string>
#include <variant>

#include "base/atomic_file.h"

namespace diptych::api {
namespace {

// Magic string, version and length take 10 bytes; the header ends at a multiple of 64.
constexpr std::string_view kMagic("\x93NUMPY\x01\x00", 8);
constexpr std::size_t kAlignment = 64;

const char* type_code(float) {
  return "<f4";
}
const char* type_code(std::int32_t) {
  return "<i4";
}
const char* type_code(std::uint8_t) {
  return "|u1";
}

std::string header(const char* type, const std::vector<std::int64_t>& shape) {
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}",
                                 type, fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  const std::size_t used = kMagic.size() + 2 + text.size() + 1;
  text.append((kAlignment - used % kAlignment) % kAlignment, ' ');
  text += '\n';
  std::string all(kMagic);
  all += static_cast<char>(text.size() & 0xff);
  all += static_cast<char>(text.size() >> 8);
  return all + text;
}

}  // namespace

void write_npy(const std::filesystem::path& path, const Array& array) {
  AtomicFile file(path);
  std::visit(
      [&](const auto& values) {
        using Value = typename std::decay_t<decltype(values)>::value_type;
        file.write(header(type_code(Value{}), array.shape));
        file.write(std::as_bytes(std::span(values)));
      },
      array.values);
  file.commit();
}

}  // namespace diptych::api
