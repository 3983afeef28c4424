// Any bytes are a model that classifies any text, or are refused with an Error.

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/atomic_file.h"
#include "base/error.h"
#include "curate/fasttext_model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diptych;
  static const std::filesystem::path file = [] {
    std::string pattern = (std::filesystem::temp_directory_path() / "diptych_fuzz_XXXXXX").string();
    const int descriptor = ::mkstemp(pattern.data());
    if (descriptor < 0) std::abort();
    ::close(descriptor);
    static std::string made = pattern;
    std::atexit([] { std::filesystem::remove(made); });
    return made;
  }();
  write_file(file, {reinterpret_cast<const char*>(data), size});
  try {
    const curate::FastTextModel model(file);
    curate::FastTextWords words;
    for (const std::string_view text : {"the cat", "\xE7\x8C\xAB the", "", "</s>"}) {
      model.predict(text, words);
    }
  } catch (const Error&) {
  }
  return 0;
}
