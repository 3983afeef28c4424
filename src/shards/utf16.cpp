#include "shards/utf16.h"

#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "base/utf8.h"

namespace diptych::shards {
namespace {

constexpr std::size_t kMaxUtf16Bytes = std::size_t{1} << 30;
constexpr std::uint32_t kReplacement = 0xFFFD;

/// The code units of UTF-16 bytes; half a unit at the end is none.
class Units {
 public:
  Units(std::string_view bytes, bool little_endian) : bytes_(bytes), little_(little_endian) {}
  std::size_t size() const { return bytes_.size() / 2; }
  std::uint32_t operator[](std::size_t i) const {
    const auto byte = [&](std::size_t at) {
      return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes_[at]));
    };
    return little_ ? byte(2 * i + 1) << 8 | byte(2 * i) : byte(2 * i) << 8 | byte(2 * i + 1);
  }

 private:
  std::string_view bytes_;
  bool little_;
};

std::string decode(const Units& units) {
  std::string text;
  text.reserve(units.size());
  for (std::size_t i = 0; i < units.size(); ++i) {
    const std::uint32_t unit = units[i];
    const bool high = unit >= 0xD800 && unit <= 0xDBFF;
    const bool low = unit >= 0xDC00 && unit <= 0xDFFF;
    const std::uint32_t next = high && i + 1 < units.size() ? units[i + 1] : 0;
    if (next >= 0xDC00 && next <= 0xDFFF) {
      append_utf8(text, 0x10000 + ((unit - 0xD800) << 10) + (next - 0xDC00));
      ++i;
    } else {
      append_utf8(text, high || low ? kReplacement : unit);
    }
  }
  return text;
}

}  // namespace

std::optional<std::string> text_from_utf16(std::string_view bytes) {
  const bool little = bytes.starts_with("\xFF\xFE");
  if (!little && !bytes.starts_with("\xFE\xFF")) return std::nullopt;
  if (bytes.size() > kMaxUtf16Bytes) {
    fail(ErrorCode::out_of_memory,
         "text: got {} bytes of UTF-16, expected at most {} (iconv converts it to UTF-8)",
         bytes.size(), kMaxUtf16Bytes);
  }
  return decode(Units(bytes.substr(2), little));
}

}  // namespace diptych::shards
