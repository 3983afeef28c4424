#include "curate/sha2.h"

#include <nettle/sha2.h>

#include <array>
#include <cstdint>
#include <span>

namespace diptych::curate {

namespace {

std::string hexadecimal(std::span<const std::uint8_t> digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  for (const std::uint8_t byte : digest) {
    digits += kDigits[byte >> 4U];
    digits += kDigits[byte & 15U];
  }
  return digits;
}

}  // namespace

std::string sha224(std::string_view bytes) {
  sha224_ctx context;
  sha224_init(&context);
  sha224_update(&context, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
  std::array<std::uint8_t, SHA224_DIGEST_SIZE> digest;
  sha224_digest(&context, digest.size(), digest.data());
  return hexadecimal(digest);
}

std::string sha256(std::string_view bytes) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest;
  sha256_digest(&context, digest.size(), digest.data());
  return hexadecimal(digest);
}

}  // namespace diptych::curate
