#include "libtorch/version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/headeronly/version.h>

namespace diptych::libtorch {
namespace {

constexpr std::uint64_t kOwn = TORCH_ABI_VERSION;

TEST(LibtorchVersion, ThatOfTheHeadersIsTheOneThatIsLoaded) {
  EXPECT_EQ(version_fault(kOwn), "");
  EXPECT_EQ(loaded_version_fault(), nullptr);
}

TEST(LibtorchVersion, AnyOtherIsNamedBesideTheExpectedOne) {
  const std::string own = TORCH_VERSION;
  EXPECT_EQ(
      version_fault(std::uint64_t{2} << 56U | std::uint64_t{7} << 48U | std::uint64_t{1} << 40U),
      "libtorch: got version 2.7.1, expected " + own + ", with which it was built");
  for (const unsigned int byte : {40U, 48U, 56U})
    EXPECT_THAT(version_fault(kOwn + (std::uint64_t{1} << byte)), ::testing::HasSubstr(own))
        << byte;
}

}  // namespace
}  // namespace diptych::libtorch
