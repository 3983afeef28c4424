#include "fetch/sha256.h"

#include <gtest/gtest.h>

#include <string>

#include "base/atomic_file.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych::fetch {
namespace {

std::string hash_of(const std::string& content) {
  const test::TemporaryFolder folder;
  write_file(folder.path() / "file", content);
  return sha256_of(folder.path() / "file");
}

// The examples of FIPS 180-4 (NIST's published vectors).
TEST(Sha256, OfTheStandardsExamples) {
  EXPECT_EQ(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash_of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfNoFileIsAnError) {
  test::expect_error([] { sha256_of("no/such/file"); }, ErrorCode::not_found, "no/such/file");
}

}  // namespace
}  // namespace diptych::fetch
