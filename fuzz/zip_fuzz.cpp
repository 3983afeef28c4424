// Any bytes either are a zip file whose entries lie within them, none over another, or throw
// diptych::Error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "checkpoint/containers/zip_archive.h"
#include "diptych/error.h"

using namespace diptych;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const checkpoint::ZipArchive archive(bytes, "input");
    std::size_t total = 0;
    for (const auto& [name, entry] : archive.entries()) {
      if (!entry.bytes.empty() && (entry.bytes.data() < bytes.data() ||
                                   entry.bytes.data() + entry.bytes.size() > bytes.data() + size))
        std::abort();
      total += entry.bytes.size();
    }
    if (total > size) std::abort();
    for (const auto& [name, entry] : archive.entries()) archive.checked(name);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::internal) std::abort();
  }
  return 0;
}
