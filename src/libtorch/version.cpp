#include "libtorch/version.h"

#include <fmt/core.h>
#include <torch/csrc/inductor/aoti_torch/c/shim.h>
#include <torch/headeronly/version.h>

namespace diptych::libtorch {

namespace {

std::string version_of(std::uint64_t abi) {
  return fmt::format("{}.{}.{}", abi >> 56U, abi >> 48U & 0xFFU, abi >> 40U & 0xFFU);
}

}  // namespace

std::string version_fault(std::uint64_t loaded) {
  constexpr std::uint64_t kExpected = TORCH_ABI_VERSION;
  if (loaded >> 40U == kExpected >> 40U) return {};
  return fmt::format("libtorch: got version {}, expected {}, with which it was built",
                     version_of(loaded), version_of(kExpected));
}

const char* loaded_version_fault() {
  static const std::string fault = version_fault(aoti_torch_abi_version());
  return fault.empty() ? nullptr : fault.c_str();
}

}  // namespace diptych::libtorch
