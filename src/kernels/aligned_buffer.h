#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace diptych::kernels {

/// Memory for `size` floats, not initialised, at an address every vector type can load from.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  /// Throws Error(out_of_memory).
  explicit AlignedBuffer(std::size_t size);

  float* data() const { return data_.get(); }
  /// Returns the same memory as words of 32 bits, for what is no float32; what was stored as one
  /// kind is read as that kind.
  std::uint32_t* words() const { return reinterpret_cast<std::uint32_t*>(data_.get()); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(float* data) const;
  };
  std::unique_ptr<float, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace diptych::kernels
