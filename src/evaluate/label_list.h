#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::evaluate {

/// Returns what shows that labels are another thing than a list of them, taken for one, one
/// sentence each; usually none: rows of a table, its heading, a list in one line, JSON, quotes,
/// bullets, numbers and remarks that belong to no label, names of pictures, several words joined by
/// '_', markup, templates. `what` is what a label is called: "label", "class name".
std::vector<std::string> list_notes(std::string_view what, std::span<const std::string> labels);

/// Returns what shows that templates have more in them than a text and a place, one sentence each.
std::vector<std::string> template_notes(std::span<const std::string> templates);

}  // namespace diptych::evaluate
