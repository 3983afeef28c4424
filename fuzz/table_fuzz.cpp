// Any text reads as rows whose fields lie inside it, each row found again from its position.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "shards/table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using diptych::shards::RowReader;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const char separator = size % 2 == 0 ? ',' : '\t';
  constexpr std::size_t kMaxFields = 8;
  RowReader reader(text, separator);
  std::size_t end = 0;
  while (const auto fields = reader.next(kMaxFields)) {
    if (reader.position() <= end || fields->empty() || fields->size() > kMaxFields) std::abort();
    end = reader.position();
    for (const std::string_view field : *fields) {
      const bool inside =
          field.data() >= text.data() && field.data() + field.size() <= text.data() + text.size();
      if (!inside || diptych::shards::unquote(field).size() > field.size()) std::abort();
    }
    if (RowReader(text, separator, reader.row_position()).next(kMaxFields) != fields) std::abort();
  }
  return 0;
}
