#include "checkpoint/convert_floating.h"

#include <cmath>
#include <vector>

#include "base/error.h"

namespace diptych::checkpoint {

bool is_floating(DType dtype) {
  return dtype == DType::float32 || dtype == DType::float16 || dtype == DType::bfloat16 ||
         dtype == DType::float64;
}

TensorBuffer convert_floating(const std::string& tensor, const TensorView& view, DType dtype) {
  if (!is_floating(dtype)) {
    fail(ErrorCode::unsupported, "tensor {}: weights cannot be written as {}", tensor, name(dtype));
  }
  TensorBuffer result = convert(view, dtype);
  // From bfloat16 to float16 the size stays and the range shrinks.
  if (dtype == DType::float32 || dtype == DType::float64) return result;
  const std::vector<float> before = to_floats(view);
  const std::vector<float> after = to_floats(result.view());
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (std::isfinite(before[i]) && !std::isfinite(after[i])) {
      fail(ErrorCode::invalid_argument, "tensor {}: the value {} does not fit {}", tensor,
           before[i], name(dtype));
    }
  }
  return result;
}

}  // namespace diptych::checkpoint
