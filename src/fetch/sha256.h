#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace diptych::fetch {

/// Returns the SHA-256 of a file, 64 lower-case hexadecimal digits. `progress` is called with the
/// bytes done; may be empty. Throws Error: not_found, io.
std::string sha256_of(const std::filesystem::path& path,
                      const std::function<void(std::uint64_t)>& progress = {});

}  // namespace diptych::fetch
