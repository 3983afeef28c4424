#include "tensor/int8.h"

#include <algorithm>

namespace diptych {

Int8Row int8_row(std::span<const float> row) {
  constexpr float kLargest = 127.0F;
  float largest = 0.0F;
  for (const float value : row) largest = std::max(largest, std::abs(value));
  if (largest == 0.0F) return {};
  return {.scale = largest / kLargest, .factor = kLargest / largest};
}

}  // namespace diptych
