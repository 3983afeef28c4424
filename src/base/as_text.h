#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace diptych {

/// Returns the bytes as characters; a view of them.
inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace diptych
