// Any bytes are read as a dump in any pieces with the same articles, as markup and as words without
// harm.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "curate/wiki_dump.h"
#include "curate/word_splitter.h"

namespace {

std::string articles(std::string_view dump, std::size_t piece) {
  std::string all;
  diptych::curate::WikiDump reader(
      [&](const diptych::curate::WikiPage& page) { ((all += page.title) += '\n') += page.text; });
  for (std::size_t at = 0; at < dump.size(); at += piece) reader.read(dump.substr(at, piece));
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diptych::curate;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (articles(input, std::max<std::size_t>(size, 1)) != articles(input, 7)) std::abort();
  const std::string plain = wiki_plain_text(input);
  for (const char* language : {"en", "ja"}) {
    std::size_t letters = 0;
    WordSplitter(language).split(plain, [&](std::string_view word, bool) {
      if (word.empty()) std::abort();
      letters += word.size();
    });
    if (letters > plain.size()) std::abort();
  }
  return 0;
}
