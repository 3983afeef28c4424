#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace diptych::shards {

/// Returns bytes as UTF-8 where they are UTF-16 with a byte order mark, as spreadsheets save
/// "Unicode text"; unpaired surrogates become U+FFFD. Nothing for other bytes, which are taken as
/// they are. Throws Error(out_of_memory) above 1 GiB.
std::optional<std::string> text_from_utf16(std::string_view bytes);

}  // namespace diptych::shards
