// Any list of URLs is rows or an error of the file, and a row has a URL or a fault. The first byte
// says the form: c for CSV, j for JSON Lines, others for lines.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "curate/download/url_list.h"
#include "diptych/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diptych::curate;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string name = data[0] == 'c' ? "x.csv" : data[0] == 'j' ? "x.jsonl" : "x.txt";
  try {
    UrlList list(text, name, {.url = "url", .caption = {}, .additional = {"id"}});
    while (const auto row = list.next()) {
      if (row->url.empty() == row->fault.empty()) std::abort();
      if (row->caption && !diptych::is_utf8(*row->caption)) std::abort();
    }
  } catch (const diptych::Error& error) {
    if (error.code() == diptych::ErrorCode::internal) throw;
  }
  return 0;
}
