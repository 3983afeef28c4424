#include "engine/tensor.h"

#include "base/error.h"

namespace diptych::engine {
namespace {

/// Rows of an odd number of cache lines: rows whose distance is a power of two would all compete
/// for the same places of a cache.
std::size_t row_stride(int width) {
  return static_cast<std::size_t>(kernels::padded_width(width)) + 16;
}

}  // namespace

Tensor Tensor::columns(int first, int count) const {
  ensure(first >= 0 && count >= 0 && first + count <= width(), "columns lie in the tensor");
  return {memory_, {matrix_.data + first, matrix_.rows, count, matrix_.stride}};
}

Tensor Tensor::with_rows(int count) const {
  if (count > room_) return *this;
  return {memory_, {matrix_.data, count, matrix_.width, matrix_.stride}, room_};
}

struct Arena::Blocks {
  std::vector<kernels::AlignedBuffer> free;

  /// The smallest free block that is large enough, or a new one.
  kernels::AlignedBuffer take(std::size_t size) {
    auto best = free.end();
    for (auto block = free.begin(); block != free.end(); ++block) {
      if (block->size() >= size && (best == free.end() || block->size() < best->size()))
        best = block;
    }
    if (best == free.end()) return kernels::AlignedBuffer(size);
    kernels::AlignedBuffer block = std::move(*best);
    free.erase(best);
    return block;
  }
};

Arena::Arena() : blocks_(std::make_shared<Blocks>()) {}

Tensor Arena::allocate_with_room(int rows, int width, int room) {
  const std::size_t stride = row_stride(width);
  // A panel more than the rows take: kernels may read that far behind some columns of the last row.
  const std::size_t size = static_cast<std::size_t>(room) * stride + kernels::kPanelWidth;
  auto block = std::make_shared<kernels::AlignedBuffer>(blocks_->take(size));
  float* data = block->data();
  std::shared_ptr<float> memory(
      data, [blocks = blocks_, block](float*) { blocks->free.push_back(std::move(*block)); });
  return {std::move(memory), {data, rows, width, stride}, room};
}

}  // namespace diptych::engine
