#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace diptych::checkpoint {

/// Returns what a file is that came in another's place: "a Git LFS pointer ..." or "an HTML page
/// ..."; empty for any other content.
std::string_view foreign_content(std::span<const std::byte> bytes);

/// Returns what a file is that is no checkpoint, for a message.
std::string_view describe_content(std::span<const std::byte> bytes);

}  // namespace diptych::checkpoint
