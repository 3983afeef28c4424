// A database of LMDB: whatever it holds, its entries lie within it and are in order, and a value is
// a pickled pair or none.

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/atomic_file.h"
#include "base/error.h"
#include "shards/lmdb_file.h"
#include "shards/pickled_pair.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diptych;
  static const std::filesystem::path folder = [] {
    std::string pattern = (std::filesystem::temp_directory_path() / "diptych_fuzz_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    static std::string made = pattern;
    std::atexit([] { std::filesystem::remove_all(made); });
    return made;
  }();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  shards::read_pickled_pair(input);
  write_file(folder / "data.mdb", input);
  try {
    const shards::LmdbFile database(folder / "data.mdb");
    for (const auto& [key, value] : database.entries()) {
      if (database.find(key) != value) std::abort();
      shards::read_pickled_pair(value);
    }
  } catch (const Error&) {
  }
  return 0;
}
