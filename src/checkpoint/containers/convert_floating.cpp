#include "checkpoint/containers/convert_floating.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"

namespace diptych::checkpoint {
namespace {

/// Elements converted at once.
constexpr std::size_t kPart = std::size_t{1} << 18;

/// From bfloat16 to float16 the size stays and the range shrinks.
void check_range(const std::string& tensor, const TensorView& before, const TensorView& after) {
  const std::vector<float> given = to_floats(before);
  const std::vector<float> converted = to_floats(after);
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (std::isfinite(given[i]) && !std::isfinite(converted[i])) {
      fail(ErrorCode::invalid_argument, "tensor {}: the value {} does not fit {}", tensor, given[i],
           name(after.dtype));
    }
  }
}

}  // namespace

bool is_floating(DType dtype) {
  return dtype == DType::float32 || dtype == DType::float16 || dtype == DType::bfloat16 ||
         dtype == DType::float64;
}

void convert_floating(const std::string& tensor, const TensorView& view, DType dtype,
                      const WriteBytes& write) {
  if (!is_floating(dtype)) {
    fail(ErrorCode::unsupported, "tensor {}: weights cannot be written as {}", tensor, name(dtype));
  }
  const bool may_overflow = dtype == DType::float16 || dtype == DType::bfloat16;
  const DenseTensor dense(view);
  const std::size_t size = size_of(view.dtype);
  const auto count = static_cast<std::size_t>(view.count());
  for (std::size_t first = 0; first < count; first += kPart) {
    const std::size_t part = std::min(kPart, count - first);
    const TensorView before{view.dtype,
                            {static_cast<std::int64_t>(part)},
                            dense.bytes().subspan(first * size, part * size)};
    const TensorBuffer after = convert(before, dtype);
    if (may_overflow) check_range(tensor, before, after.view());
    write(after.bytes());
  }
}

TensorBuffer convert_floating(const std::string& tensor, const TensorView& view, DType dtype) {
  TensorBuffer result(dtype, view.shape);
  auto out = result.bytes().begin();
  convert_floating(tensor, view, dtype, [&](std::span<const std::byte> bytes) {
    out = std::copy(bytes.begin(), bytes.end(), out);
  });
  return result;
}

}  // namespace diptych::checkpoint
