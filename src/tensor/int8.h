#pragma once

#include <cmath>
#include <cstdint>
#include <span>

namespace diptych {

/// How a row of numbers becomes whole numbers of eight bits: its largest magnitude becomes 127.
struct Int8Row {
  float scale = 0.0F;   ///< whole number x scale is about the number
  float factor = 0.0F;  ///< number x factor, to the nearest even, is the whole number

  std::int8_t round(float value) const {
    return static_cast<std::int8_t>(std::lrint(value * factor));
  }
};

/// Returns the scale of a row of finite numbers; both parts are zero for zeros.
Int8Row int8_row(std::span<const float> row);

}  // namespace diptych
