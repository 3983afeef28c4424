#include "checkpoint/configs/mlp_ratio.h"

#include <cmath>

#include "base/error.h"

namespace diptych::checkpoint {

int read_mlp_width(ConfigFields& fields, int width) {
  const double ratio = fields.number("mlp_ratio", 4.0);
  const double mlp_width = width * ratio;
  if (!(mlp_width >= 1.0 && mlp_width <= 1e6)) {
    fail(ErrorCode::corrupt_data, "config: {}: got {} x {}, expected at least 1 ({})",
         fields.path_of("mlp_ratio"), ratio, width, fields.file());
  }
  return static_cast<int>(mlp_width);
}

double mlp_ratio(int width, int mlp_width) {
  double ratio = static_cast<double>(mlp_width) / width;
  while (static_cast<int>(width * ratio) < mlp_width) ratio = std::nextafter(ratio, 1e9);
  return ratio;
}

}  // namespace diptych::checkpoint
