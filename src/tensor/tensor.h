#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tensor/dtype.h"

namespace diptych {

/// Sizes of the dimensions, outermost first; empty for a scalar.
using Shape = std::vector<std::int64_t>;

/// Returns the product of the sizes: 1 for a scalar. Throws Error(corrupt_data) on a negative size
/// or overflow.
std::int64_t element_count(const Shape& shape);

/// Returns "[3, 224, 224]".
std::string to_string(const Shape& shape);

/// Writes a tensor's bytes.
using ComputeBytes = std::function<void(std::span<std::byte> out)>;

/// A dense row-major array that somebody else owns, or one that is computed whenever it is used: a
/// checkpoint's tensor that is stored in another layout takes no memory until then. Read either
/// with `to_floats`, or with `DenseTensor`; the bytes may be unaligned.
struct TensorView {
  DType dtype = DType::float32;
  Shape shape;
  std::span<const std::byte> bytes;                       ///< none when it is computed
  std::shared_ptr<const ComputeBytes> compute = nullptr;  ///< null when it is stored

  std::int64_t count() const { return element_count(shape); }
  /// Returns the bytes of its elements, stored or computed. Throws Error(corrupt_data) on overflow.
  std::size_t size_bytes() const;
};

/// Returns a view of a tensor that `compute` writes. What it reads must outlive the view.
TensorView computed_tensor(DType dtype, Shape shape, ComputeBytes compute);

/// Returns the elements as float32, whatever the floating-point dtype. Throws Error(unsupported)
/// for integer types.
std::vector<float> to_floats(const TensorView& view);
void to_floats(const TensorView& view, std::span<float> out);

/// Returns the elements of an int8, uint8, int16, int32 or int64 tensor. Throws Error(unsupported)
/// otherwise.
std::vector<std::int64_t> to_integers(const TensorView& view);

/// A dense row-major array that owns its bytes.
class TensorBuffer {
 public:
  TensorBuffer() = default;
  /// Zero-filled. Throws Error(out_of_memory) when the bytes cannot be had.
  TensorBuffer(DType dtype, Shape shape);
  TensorBuffer(Shape shape, std::span<const float> values);
  TensorBuffer(Shape shape, std::span<const std::int32_t> values);

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  std::int64_t count() const { return element_count(shape_); }
  std::span<std::byte> bytes() { return bytes_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  /// Returns the elements; the dtype must be T's.
  std::span<float> floats();
  std::span<const float> floats() const;
  TensorView view() const { return {dtype_, shape_, bytes_, nullptr}; }

 private:
  DType dtype_ = DType::float32;
  Shape shape_ = {0};
  std::vector<std::byte> bytes_;
};

/// A tensor whose bytes are in memory: the view's own, or computed now and freed with this object.
class DenseTensor {
 public:
  /// Throws Error(out_of_memory).
  explicit DenseTensor(const TensorView& tensor);
  DenseTensor(DenseTensor&&) = default;
  DenseTensor& operator=(DenseTensor&&) = default;

  const TensorView& view() const { return view_; }
  std::span<const std::byte> bytes() const { return view_.bytes; }

 private:
  TensorBuffer computed_;
  TensorView view_;
};

/// Returns a copy of the view's elements as `dtype` (between floating-point types only, or
/// unchanged).
TensorBuffer convert(const TensorView& view, DType dtype);

/// Named tensors whose bytes live in `storage` (a mapped file, or buffers), or that are computed
/// from such.
struct TensorMap {
  std::map<std::string, TensorView, std::less<>> tensors;
  std::vector<std::shared_ptr<const void>> storage;

  /// Throws Error(not_found) naming the tensor.
  const TensorView& at(std::string_view name) const;
  /// Adds a tensor and keeps its bytes.
  void add(std::string name, TensorBuffer buffer);
};

}  // namespace diptych
