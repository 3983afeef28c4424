#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace diptych::text {

/// Returns the first `size` bytes of what a gzip file holds, or all when it holds fewer. Throws
/// Error(corrupt_data) when the data is not gzip or ends early.
std::string gunzip(std::span<const std::byte> compressed, std::size_t size);

}  // namespace diptych::text
