#pragma once

#include "json/config_fields.h"

namespace diptych::checkpoint {

/// The MLP's width that a config's `mlp_ratio` (4 when absent) gives: int(width * ratio), as
/// open_clip and timm compute it. Throws Error(corrupt_data) for a ratio that gives none.
int read_mlp_width(ConfigFields& fields, int width);

/// The ratio that int(width * ratio) turns back into the MLP's width.
double mlp_ratio(int width, int mlp_width);

}  // namespace diptych::checkpoint
