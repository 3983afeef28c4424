#pragma once

#include <cstdint>

namespace diptych::network {

/// The row that is most like another one, counted within their sequence.
struct NearestRow {
  std::int32_t row = 0;  ///< 0: there is none
  float cosine = 0.0F;
};

}  // namespace diptych::network
