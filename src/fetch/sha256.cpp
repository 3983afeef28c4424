#include "fetch/sha256.h"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "base/error.h"
#include "base/mapped_file.h"

namespace diptych::fetch {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 24;

void check(int done) {
  if (done != 1) fail(ErrorCode::internal, "SHA-256: OpenSSL refuses to compute it");
}

}  // namespace

std::string sha256_of(const std::filesystem::path& path,
                      const std::function<void(std::uint64_t)>& progress) {
  const MappedFile file(path);
  const std::span<const std::byte> bytes = file.bytes();
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  check(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr));
  for (std::size_t done = 0; done < bytes.size();) {
    const auto chunk = bytes.subspan(done, std::min(kChunk, bytes.size() - done));
    check(EVP_DigestUpdate(context.get(), chunk.data(), chunk.size()));
    done += chunk.size();
    if (progress) progress(done);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  check(EVP_DigestFinal_ex(context.get(), digest.data(), &size));
  std::string digits;
  for (unsigned int i = 0; i < size; ++i) digits += fmt::format("{:02x}", digest[i]);
  return digits;
}

}  // namespace diptych::fetch
