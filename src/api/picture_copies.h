#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace diptych::api {

/// Returns how many of `pictures` have the very bytes of a file among `others`. What cannot be read
/// is no copy.
std::size_t count_copies(std::span<const std::filesystem::path> pictures,
                         std::span<const std::filesystem::path> others);

/// Returns how many different contents the files have; one that cannot be read counts by itself.
std::size_t count_different(std::span<const std::filesystem::path> pictures);

}  // namespace diptych::api
