// A database of LMDB: whatever it holds, its entries lie within it and are in order, and a value is
// a pickled pair or none.

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "base/atomic_file.h"
#include "base/error.h"
#include "scratch_folder.h"
#include "shards/lmdb_file.h"
#include "shards/pickled_pair.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diptych;
  const std::filesystem::path file = scratch_folder() / "data.mdb";
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  shards::read_pickled_pair(input);
  write_file(file, input);
  try {
    const shards::LmdbFile database(file);
    for (const auto& [key, value] : database.entries()) {
      if (database.find(key) != value) std::abort();
      shards::read_pickled_pair(value);
    }
  } catch (const Error&) {
  }
  return 0;
}
