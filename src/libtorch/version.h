#pragma once

#include <cstdint>
#include <string>

namespace diptych::libtorch {

/// Returns what is wrong with a libtorch of ABI version `loaded` (major, minor and patch in its
/// three highest bytes, as TORCH_ABI_VERSION); empty when it is the one that this code was compiled
/// with.
std::string version_fault(std::uint64_t loaded);

/// Returns that of the libtorch which the process has loaded, or nullptr when it is the right one.
/// Thread-safe.
const char* loaded_version_fault();

}  // namespace diptych::libtorch
