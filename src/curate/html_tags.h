#pragma once

#include <string_view>
#include <vector>

namespace diptych::curate {

/// Returns the start tags `img` and `base` of a page, as they stand in it, in order, and before an
/// `img` in a `picture` the `source` tags of that; some kMaxTags at most. What is within comments,
/// scripts, styles and other raw text is no tag (HTML, section 13.2.5).
std::vector<std::string_view> find_image_tags(std::string_view html);

inline constexpr std::size_t kMaxTags = 100'000;

/// Returns what `<meta charset>` or `<meta content="...charset=">` says within the first 1,024
/// bytes; empty: nothing.
std::string_view declared_charset(std::string_view html);

}  // namespace diptych::curate
