#pragma once

#include <optional>
#include <string_view>

#include "diptych/image.h"

namespace diptych::image {

/// The preprocessing of a family of published models at `size` pixels, or nothing when no preset
/// has that name. Names: openai, half (mean and std 0.5), squash, siglip, clipa, mobileclip,
/// mobileclip2, pe_core, chinese_clip; docs/preprocessing.md says which models use which.
std::optional<Preprocessing> find_preset(std::string_view name, int size);

}  // namespace diptych::image
