#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace diptych::web {

/// Returns the first directive of an X-Robots-Tag header that is one of `disallowed` (in lower
/// case), where it is said to every crawler or to one of `agents`: "noai", "noindex, noimageai",
/// "otherbot: noindex, diptych: noai". "none" says "noindex" too.
std::optional<std::string> refusing_directive(std::string_view header,
                                              std::span<const std::string> agents,
                                              std::span<const std::string> disallowed);

}  // namespace diptych::web
