#include "curate/sha224.h"

#include <nettle/sha2.h>

#include <array>
#include <cstdint>

namespace diptych::curate {

std::string sha224(std::string_view text) {
  sha224_ctx context;
  sha224_init(&context);
  sha224_update(&context, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
  std::array<std::uint8_t, SHA224_DIGEST_SIZE> digest;
  sha224_digest(&context, digest.size(), digest.data());
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  for (const std::uint8_t byte : digest) {
    digits += kDigits[byte >> 4U];
    digits += kDigits[byte & 15U];
  }
  return digits;
}

}  // namespace diptych::curate
