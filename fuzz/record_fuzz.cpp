// Any line is a record or is refused with a reason, and a record with further members is JSON
// again.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "curate/record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diptych::curate;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  RecordReader reader;
  Record record;
  if (!reader.read(line, record).empty()) return 0;
  if (record.texts.empty() || !record.json.starts_with('{')) std::abort();
  std::string longer;
  append_with_members(longer, record.json, "\"more\":1");
  if (!RecordReader().read(longer, record).empty()) std::abort();
  return 0;
}
