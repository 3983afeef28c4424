#include "checkpoint/fitting/panels.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace diptych::checkpoint {
namespace {

constexpr std::string_view kPanels = ".panels";
constexpr std::size_t kBytes = sizeof(float);

/// The sizes of matrices that lie one after the other.
struct Matrices {
  std::size_t count;
  std::size_t rows;
  std::size_t columns;
};

/// Transposes each of them. Bytes may be unaligned.
void transpose(std::span<const std::byte> from, const Matrices& size, std::span<std::byte> out) {
  const std::size_t numbers = size.rows * size.columns;
  for (std::size_t matrix = 0; matrix < size.count; ++matrix) {
    for (std::size_t row = 0; row < size.rows; ++row) {
      for (std::size_t column = 0; column < size.columns; ++column) {
        const std::size_t source = matrix * numbers + row * size.columns + column;
        const std::size_t target = matrix * numbers + column * size.rows + row;
        std::memcpy(out.data() + target * kBytes, from.data() + source * kBytes, kBytes);
      }
    }
  }
}

/// A weight in panels, computed when it is written.
TensorView panels_of(const TensorView& weight, std::int64_t width) {
  const Shape shape = {weight.shape[0] / width, weight.shape[1], width};
  const Matrices rows{.count = static_cast<std::size_t>(shape[0]),
                      .rows = static_cast<std::size_t>(width),
                      .columns = static_cast<std::size_t>(shape[1])};
  return computed_tensor(DType::float32, shape, [weight, rows](std::span<std::byte> out) {
    const std::vector<float> values = to_floats(weight);
    transpose(std::as_bytes(std::span(values)), rows, out);
  });
}

TensorView weight_of(const TensorView& panels) {
  const Matrices columns{.count = static_cast<std::size_t>(panels.shape[0]),
                         .rows = static_cast<std::size_t>(panels.shape[1]),
                         .columns = static_cast<std::size_t>(panels.shape[2])};
  return computed_tensor(
      DType::float32, {panels.shape[0] * panels.shape[2], panels.shape[1]},
      [panels, columns](std::span<std::byte> out) { transpose(panels.bytes, columns, out); });
}

void check_panels(const std::string& name, const TensorView& panels, const std::string& file) {
  const bool fits = panels.dtype == DType::float32 && panels.shape.size() == 3 &&
                    std::ranges::all_of(panels.shape, [](std::int64_t size) { return size > 0; }) &&
                    panels.bytes.size() == panels.size_bytes();
  if (fits) return;
  fail(ErrorCode::corrupt_data,
       "tensor {}: got {} {}, expected float32 [panels, inputs, outputs of a panel] ({})", name,
       diptych::name(panels.dtype), to_string(panels.shape), file);
}

}  // namespace

TensorMap to_panels(const TensorMap& tensors, const std::set<std::string>& names,
                    std::int64_t width) {
  TensorMap result{.tensors = {}, .storage = tensors.storage};
  for (const auto& [name, view] : tensors.tensors) {
    if (!names.contains(name)) {
      result.tensors.emplace(name, view);
      continue;
    }
    ensure(view.shape.size() == 2 && view.shape[0] % width == 0, "panels are of whole width");
    result.tensors.emplace(std::string(name).append(kPanels), panels_of(view, width));
  }
  return result;
}

TensorMap take_panels(TensorMap& tensors, const std::string& file) {
  TensorMap taken{.tensors = {}, .storage = tensors.storage};
  for (auto tensor = tensors.tensors.begin(); tensor != tensors.tensors.end();) {
    const auto& [name, view] = *tensor;
    if (!name.ends_with(kPanels)) {
      ++tensor;
      continue;
    }
    check_panels(name, view, file);
    taken.tensors.emplace(name.substr(0, name.size() - kPanels.size()), view);
    tensor = tensors.tensors.erase(tensor);
  }
  for (const auto& [name, panels] : taken.tensors) {
    if (!tensors.tensors.emplace(name, weight_of(panels)).second)
      fail(ErrorCode::corrupt_data, "tensor {}: got it in panels too, expected one of them ({})",
           name, file);
  }
  return taken;
}

}  // namespace diptych::checkpoint
