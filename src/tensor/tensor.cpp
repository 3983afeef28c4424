#include "tensor/tensor.h"

#include <fmt/ranges.h>

#include <new>
#include <utility>

#include "base/error.h"

namespace diptych {
namespace {

template <typename Element>
Element element_at(std::span<const std::byte> bytes, std::size_t index) {
  Element element;
  std::memcpy(&element, bytes.data() + index * sizeof(Element), sizeof(Element));
  return element;
}

template <typename Element, typename Convert, typename Out>
void convert_each(const TensorView& view, std::span<Out> out, Convert convert) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = convert(element_at<Element>(view.bytes, i));
}

template <typename Element, typename Convert>
void store_each(std::span<const float> values, std::span<std::byte> out, Convert convert) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Element element = convert(values[i]);
    std::memcpy(out.data() + i * sizeof(Element), &element, sizeof(Element));
  }
}

void store_floats(std::span<const float> values, DType dtype, std::span<std::byte> out) {
  switch (dtype) {
    case DType::float32:
      return store_each<float>(values, out, [](float value) { return value; });
    case DType::float16:
      return store_each<std::uint16_t>(values, out, [](float v) { return float_to_half(v); });
    case DType::bfloat16:
      return store_each<std::uint16_t>(values, out, [](float v) { return float_to_bfloat16(v); });
    default:
      return store_each<double>(values, out, [](float value) { return value; });
  }
}

bool is_floating(DType dtype) {
  return dtype == DType::float32 || dtype == DType::float16 || dtype == DType::bfloat16 ||
         dtype == DType::float64;
}

}  // namespace

std::int64_t element_count(const Shape& shape) {
  std::uint64_t count = 1;
  for (const std::int64_t size : shape) {
    if (size < 0)
      fail(ErrorCode::corrupt_data, "shape: got {}, expected sizes of at least 0",
           to_string(shape));
    count = checked_multiply(count, static_cast<std::uint64_t>(size), "element count");
  }
  if (count > INT64_MAX)
    fail(ErrorCode::corrupt_data, "shape: {} has too many elements", to_string(shape));
  return static_cast<std::int64_t>(count);
}

std::string to_string(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::size_t TensorView::size_bytes() const {
  return checked_multiply(static_cast<std::uint64_t>(count()), size_of(dtype), "tensor bytes");
}

TensorView computed_tensor(DType dtype, Shape shape, ComputeBytes compute) {
  return {dtype, std::move(shape), {}, std::make_shared<const ComputeBytes>(std::move(compute))};
}

DenseTensor::DenseTensor(const TensorView& tensor) : view_(tensor) {
  if (!tensor.compute) return;
  computed_ = TensorBuffer(tensor.dtype, tensor.shape);
  (*tensor.compute)(computed_.bytes());
  view_ = computed_.view();
}

void to_floats(const TensorView& tensor, std::span<float> out) {
  ensure(out.size() == static_cast<std::size_t>(tensor.count()), "output holds every element");
  const DenseTensor dense(tensor);
  const TensorView& view = dense.view();
  switch (view.dtype) {
    case DType::float32:
      if (!out.empty()) std::memcpy(out.data(), view.bytes.data(), out.size_bytes());
      return;
    case DType::float16:
      return convert_each<std::uint16_t>(view, out, [](auto bits) { return half_to_float(bits); });
    case DType::bfloat16:
      return convert_each<std::uint16_t>(view, out,
                                         [](auto bits) { return bfloat16_to_float(bits); });
    case DType::float64:
      return convert_each<double>(view, out,
                                  [](double value) { return static_cast<float>(value); });
    default:
      fail(ErrorCode::unsupported, "tensor: got {}, expected a floating-point type",
           name(view.dtype));
  }
}

std::vector<float> to_floats(const TensorView& view) {
  std::vector<float> out(static_cast<std::size_t>(view.count()));
  to_floats(view, out);
  return out;
}

std::vector<std::int64_t> to_integers(const TensorView& tensor) {
  const DenseTensor dense(tensor);
  const TensorView& view = dense.view();
  std::vector<std::int64_t> values(static_cast<std::size_t>(view.count()));
  const std::span<std::int64_t> out(values);
  const auto widen = [](auto value) { return static_cast<std::int64_t>(value); };
  switch (view.dtype) {
    case DType::int8:
      convert_each<std::int8_t>(view, out, widen);
      break;
    case DType::uint8:
      convert_each<std::uint8_t>(view, out, widen);
      break;
    case DType::int16:
      convert_each<std::int16_t>(view, out, widen);
      break;
    case DType::int32:
      convert_each<std::int32_t>(view, out, widen);
      break;
    case DType::int64:
      convert_each<std::int64_t>(view, out, widen);
      break;
    default:
      fail(ErrorCode::unsupported, "tensor: got {}, expected an integer type", name(view.dtype));
  }
  return values;
}

TensorBuffer::TensorBuffer(DType dtype, Shape shape) : dtype_(dtype), shape_(std::move(shape)) {
  const std::uint64_t bytes = checked_multiply(static_cast<std::uint64_t>(element_count(shape_)),
                                               size_of(dtype), "tensor bytes");
  try {
    bytes_.resize(bytes);
  } catch (const std::exception&) {
    fail(ErrorCode::out_of_memory, "tensor {}: cannot allocate {} bytes", to_string(shape_), bytes);
  }
}

TensorBuffer::TensorBuffer(Shape shape, std::span<const float> values)
    : TensorBuffer(DType::float32, std::move(shape)) {
  ensure(bytes_.size() == values.size_bytes(), "values fill the shape");
  if (!values.empty()) std::memcpy(bytes_.data(), values.data(), values.size_bytes());
}

TensorBuffer::TensorBuffer(Shape shape, std::span<const std::int32_t> values)
    : TensorBuffer(DType::int32, std::move(shape)) {
  ensure(bytes_.size() == values.size_bytes(), "values fill the shape");
  if (!values.empty()) std::memcpy(bytes_.data(), values.data(), values.size_bytes());
}

std::span<float> TensorBuffer::floats() {
  ensure(dtype_ == DType::float32, "dtype is float32");
  return {reinterpret_cast<float*>(bytes_.data()), bytes_.size() / sizeof(float)};
}

std::span<const float> TensorBuffer::floats() const {
  ensure(dtype_ == DType::float32, "dtype is float32");
  return {reinterpret_cast<const float*>(bytes_.data()), bytes_.size() / sizeof(float)};
}

TensorBuffer convert(const TensorView& tensor, DType dtype) {
  const DenseTensor dense(tensor);
  const TensorView& view = dense.view();
  TensorBuffer result(dtype, view.shape);
  if (dtype == view.dtype) {
    if (!view.bytes.empty())
      std::memcpy(result.bytes().data(), view.bytes.data(), view.bytes.size());
    return result;
  }
  if (!is_floating(dtype)) {
    fail(ErrorCode::unsupported, "cannot convert {} to {}", name(view.dtype), name(dtype));
  }
  store_floats(to_floats(view), dtype, result.bytes());
  return result;
}

const TensorView& TensorMap::at(std::string_view name) const {
  const auto found = tensors.find(name);
  if (found == tensors.end()) fail(ErrorCode::not_found, "no tensor named {}", name);
  return found->second;
}

void TensorMap::add(std::string name, TensorBuffer buffer) {
  const auto kept = std::make_shared<const TensorBuffer>(std::move(buffer));
  tensors[std::move(name)] = kept->view();
  storage.push_back(kept);
}

}  // namespace diptych
