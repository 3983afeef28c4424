#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

/// Returns for every file the place of the first one with the same bytes, which is its own when
/// there is none before it. A file that cannot be read is like no other.
std::vector<std::size_t> first_with_same_bytes(std::span<const std::filesystem::path> files);
