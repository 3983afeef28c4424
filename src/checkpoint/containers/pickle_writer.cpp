#include "checkpoint/containers/pickle_writer.h"

#include <fmt/core.h>

#include <array>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace diptych::checkpoint {
namespace {

constexpr std::array<std::pair<DType, std::string_view>, 10> kStorageNames = {
    {{DType::float32, "FloatStorage"},
     {DType::float16, "HalfStorage"},
     {DType::bfloat16, "BFloat16Storage"},
     {DType::float64, "DoubleStorage"},
     {DType::int8, "CharStorage"},
     {DType::uint8, "ByteStorage"},
     {DType::int16, "ShortStorage"},
     {DType::int32, "IntStorage"},
     {DType::int64, "LongStorage"},
     {DType::boolean, "BoolStorage"}}};

std::string_view storage_class(DType dtype) {
  for (const auto& [known, name] : kStorageNames) {
    if (known == dtype) return name;
  }
  fail(ErrorCode::internal, "dtype {} has no storage class", name(dtype));
}

Shape dense_strides(const Shape& shape) {
  Shape strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

template <typename T>
std::string raw(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

}  // namespace

void PickleWriter::begin_object(std::string_view module, std::string_view name) {
  bytes_ += fmt::format("c{}\n{}\n)\x81", module, name);
  begin_dictionary();
}

void PickleWriter::text(std::string_view value) {
  bytes_ += 'X' + raw(static_cast<std::uint32_t>(value.size()));
  bytes_ += value;
}

void PickleWriter::tensor(DType dtype, const Shape& shape, std::string_view key) {
  bytes_ += "ctorch._utils\n_rebuild_tensor_v2\n((";
  text("storage");
  bytes_ += fmt::format("ctorch\n{}\n", storage_class(dtype));
  text(key);
  text("cpu");
  integer(element_count(shape));
  bytes_ += "tQ";
  integer(0);
  integers(shape);
  integers(dense_strides(shape));
  boolean(false);  // requires no gradients
  bytes_ += "ccollections\nOrderedDict\n)RtR";
}

void PickleWriter::integer(std::int64_t value) {
  bytes_ += "\x8a\x08" + raw(value);
}

void PickleWriter::integers(const Shape& values) {
  bytes_ += '(';
  for (const std::int64_t value : values) integer(value);
  bytes_ += 't';
}

}  // namespace diptych::checkpoint
