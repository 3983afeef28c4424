#include "diptych/arrays.h"

#include <limits>
#include <span>
#include <type_traits>

#include "api/npy.h"
#include "base/error.h"
#include "checkpoint/containers/safetensors.h"
#include "tensor/tensor.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;

std::vector<std::int32_t> narrow(const TensorView& tensor, const std::string& name,
                                 const fs::path& path) {
  const std::vector<std::int64_t> wide = to_integers(tensor);
  std::vector<std::int32_t> values(wide.size());
  for (std::size_t i = 0; i < wide.size(); ++i) {
    if (wide[i] < std::numeric_limits<std::int32_t>::min() ||
        wide[i] > std::numeric_limits<std::int32_t>::max()) {
      fail(ErrorCode::unsupported, "{}: got {}, expected 32-bit integers ({})", name, wide[i],
           path.string());
    }
    values[i] = static_cast<std::int32_t>(wide[i]);
  }
  return values;
}

Array to_array(const TensorView& tensor, const std::string& name, const fs::path& path) {
  Array array{tensor.shape, {}};
  switch (tensor.dtype) {
    case DType::float32:
    case DType::float16:
    case DType::bfloat16:
    case DType::float64:
      array.values = to_floats(tensor);
      break;
    case DType::int8:
    case DType::int16:
    case DType::int32:
    case DType::int64:
      array.values = narrow(tensor, name, path);
      break;
    case DType::uint8:
    case DType::boolean: {
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(tensor.bytes.data());
      array.values = std::vector<std::uint8_t>(bytes, bytes + tensor.bytes.size());
      break;
    }
  }
  return array;
}

template <typename Value>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<Value, float>) return DType::float32;
  if constexpr (std::is_same_v<Value, std::int32_t>) return DType::int32;
  return DType::uint8;
}

TensorView view(const Array& array) {
  return std::visit(
      [&](const auto& values) {
        using Value = typename std::decay_t<decltype(values)>::value_type;
        return TensorView{dtype_of<Value>(), array.shape, std::as_bytes(std::span(values))};
      },
      array.values);
}

void check_shape(const std::string& name, const Array& array) {
  const std::size_t values = std::visit([](const auto& v) { return v.size(); }, array.values);
  if (static_cast<std::size_t>(element_count(array.shape)) != values) {
    fail(ErrorCode::invalid_argument, "array {}: got {} values, expected those of shape {}", name,
         values, to_string(array.shape));
  }
}

}  // namespace

Arrays read_arrays(const fs::path& path) {
  const TensorMap map = checkpoint::read_safetensors(path);
  Arrays arrays;
  for (const auto& [name, tensor] : map.tensors) arrays[name] = to_array(tensor, name, path);
  return arrays;
}

Notes read_notes(const fs::path& path) {
  return checkpoint::open_safetensors(path).metadata;
}

void check_writable(const fs::path& path, std::size_t arrays) {
  const fs::path ending = path.extension();
  if (ending == ".parquet") {
    fail(ErrorCode::unsupported,
         "output: got .parquet, which this build cannot write, expected .safetensors or .npy ({})",
         path.string());
  }
  if (ending != ".safetensors" && ending != ".npy") {
    fail(ErrorCode::unsupported, "output: got the ending '{}', expected .safetensors or .npy ({})",
         ending.string(), path.string());
  }
  if (ending == ".npy" && arrays != 1) {
    fail(ErrorCode::invalid_argument,
         "arrays: got {}, expected one, as .npy holds; .safetensors holds any number ({})", arrays,
         path.string());
  }
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code problem;
  if (!fs::is_directory(folder, problem)) {
    fail(ErrorCode::io, "output: no folder {} ({})", folder.string(), path.string());
  }
  if (fs::is_directory(path, problem)) {
    fail(ErrorCode::io, "output: got a folder, expected a file ({})", path.string());
  }
  if (fs::is_other(path, problem)) {
    fail(ErrorCode::io, "output: got a device or a pipe, expected a file ({})", path.string());
  }
}

void write_arrays(const fs::path& path, const Arrays& arrays, const Notes& notes,
                  Existing existing) {
  check_writable(path, arrays.size());
  for (const auto& [name, array] : arrays) check_shape(name, array);
  if (path.extension() == ".npy") return api::write_npy(path, arrays.begin()->second, existing);
  TensorMap map;
  for (const auto& [name, array] : arrays) map.tensors[name] = view(array);
  checkpoint::write_safetensors(path, map, notes, std::nullopt, existing);
}

}  // namespace diptych
