#include "kernels/aligned_buffer.h"

#include <sys/mman.h>

#include <cstdlib>

#include "base/error.h"

namespace diptych::kernels {
namespace {

constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

}  // namespace

AlignedBuffer::AlignedBuffer(std::size_t size) : size_(size) {
  const std::size_t bytes =
      static_cast<std::size_t>(checked_multiply(size, sizeof(float), "buffer bytes"));
  const std::size_t alignment = bytes >= kHugePage ? kHugePage : kCacheLine;
  const std::size_t rounded =
      checked_add(bytes, alignment - 1, "buffer bytes") / alignment * alignment;
  data_.reset(static_cast<float*>(std::aligned_alloc(alignment, rounded)));
  if (data_ == nullptr && rounded > 0)
    fail(ErrorCode::out_of_memory, "cannot allocate {} bytes", rounded);
  // Only advice: without huge pages everything still works.
  if (alignment == kHugePage) ::madvise(data_.get(), rounded, MADV_HUGEPAGE);
}

void AlignedBuffer::Free::operator()(float* data) const {
  std::free(data);
}

}  // namespace diptych::kernels
