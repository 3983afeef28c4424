#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

namespace diptych {

/// An allocator for values that are written before they are read: new ones are not set to zero.
template <typename Value>
struct UnfilledAllocator {
  using value_type = Value;

  Value* allocate(std::size_t count) { return std::allocator<Value>().allocate(count); }
  void deallocate(Value* values, std::size_t count) {
    std::allocator<Value>().deallocate(values, count);
  }
  void construct(Value* place) noexcept { ::new (static_cast<void*>(place)) Value; }
  bool operator==(const UnfilledAllocator&) const = default;
};

/// Room for a decompressor, which `resize` would otherwise fill with zeros for each record anew.
using UnfilledBytes = std::vector<char, UnfilledAllocator<char>>;

/// Returns the bytes as characters; a view of them.
inline std::string_view as_text(const UnfilledBytes& bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace diptych
