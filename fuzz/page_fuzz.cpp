// Any bytes are read as an archive, a page and a WAT record without harm, and every record and
// picture is accounted for.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "curate/html_images.h"
#include "curate/page_pictures.h"

namespace {

std::uint64_t sum(const diptych::StageReport& report) {
  std::uint64_t sum = report.written;
  for (const auto& [reason, dropped] : report.left_out) sum += dropped.count;
  for (const auto& [reason, dropped] : report.dropped) sum += dropped.count;
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diptych::curate;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  find_images(bytes, size % 2 == 0 ? "" : "Shift_JIS");
  WatPage page;
  WatReader().read(bytes, page);
  const PageRules rules;
  const std::string name = "fuzz";
  PageReader reader(rules, name);
  PagePictures result;
  reader.read(bytes, 0, result);
  if (result.archive.read != sum(result.archive)) std::abort();
  if (result.stage.read != sum(result.stage) + result.pictures.size()) std::abort();
  return 0;
}
