#include "kernels/aligned_buffer.h"

#include <cstdlib>

#include "base/error.h"

namespace diptych::kernels {
namespace {

constexpr std::size_t kCacheLine = 64;

}  // namespace

AlignedBuffer::AlignedBuffer(std::size_t size) : size_(size) {
  const std::size_t bytes =
      static_cast<std::size_t>(checked_multiply(size, sizeof(float), "buffer bytes"));
  const std::size_t lines = checked_add(bytes, kCacheLine - 1, "buffer bytes") / kCacheLine;
  data_.reset(static_cast<float*>(std::aligned_alloc(kCacheLine, lines * kCacheLine)));
  if (data_ == nullptr && size > 0)
    fail(ErrorCode::out_of_memory, "cannot allocate {} bytes", bytes);
}

void AlignedBuffer::Free::operator()(float* data) const {
  std::free(data);
}

}  // namespace diptych::kernels
