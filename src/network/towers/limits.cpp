#include "network/towers/limits.h"

#include "base/error.h"

namespace diptych::network {

void check_range(const std::string& field, int value, int low, int high) {
  if (value < low || value > high) {
    fail(ErrorCode::invalid_argument, "model config: {}: got {}, expected {} to {}", field, value,
         low, high);
  }
}

void check_divides(const char* divisor_name, int divisor, const std::string& field, int value) {
  if (value % divisor != 0) {
    fail(ErrorCode::invalid_argument, "model config: {}: got {}, expected a multiple of {} ({})",
         field, value, divisor_name, divisor);
  }
}

void check_projection(const std::string& field, Projection projection, int width,
                      int embedding_width) {
  if (projection == Projection::none) check_range(field, width, embedding_width, embedding_width);
}

}  // namespace diptych::network
