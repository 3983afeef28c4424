#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Returns the name that `typed` was probably meant to be: one that begins with it, or the one that
/// the fewest single mistakes (a letter too many, too few, another, two exchanged) lead to, at most
/// one in three letters. Nothing when there is none.
std::optional<std::string> nearest_name(std::string_view typed,
                                        const std::vector<std::string>& names);
