#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diptych {

/// Encodes as base64 of RFC 4648, section 4, with padding.
std::string to_base64(std::span<const std::uint8_t> bytes);

/// Decodes base64; none when the text is not such base64.
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text);

}  // namespace diptych
