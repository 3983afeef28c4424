// Any bytes either unpack, piece by piece, or throw diptych::Error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "diptych/error.h"
#include "shards/unpack.h"

using namespace diptych;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto compression = shards::compression_of(bytes);
  if (!compression) return 0;
  constexpr std::size_t kEnough = std::size_t{1} << 22;
  std::size_t total = 0;
  try {
    shards::unpack(*compression, bytes, "input", [&](std::span<const std::byte> piece) {
      total += piece.size();
      if (total > kEnough) throw Error(ErrorCode::out_of_memory, "enough");
    });
  } catch (const Error& error) {
    if (error.code() == ErrorCode::internal) std::abort();
  }
  return 0;
}
