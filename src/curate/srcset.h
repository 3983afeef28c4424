#pragma once

#include <string_view>

namespace diptych::curate {

/// Returns the largest picture of a `srcset`, by its width or density; empty: it has none.
std::string_view largest_of(std::string_view srcset);

}  // namespace diptych::curate
