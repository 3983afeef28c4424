#pragma once

#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace diptych::test {

/// Counts the bytes of the host's tensors that are alive, of those that are made while it is there.
/// For one thread that makes tensors.
class CountingAllocator : public c10::Allocator {
 public:
  CountingAllocator() : allocator_(c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, 1); }
  ~CountingAllocator() override { c10::SetCPUAllocator(allocator_, 1); }
  CountingAllocator(const CountingAllocator&) = delete;
  CountingAllocator& operator=(const CountingAllocator&) = delete;

  std::int64_t alive() const { return bytes_; }
  /// Returns the most that was alive.
  std::int64_t peak() const { return peak_; }

  c10::DataPtr allocate(std::size_t size) override {
    auto* memory =
        static_cast<std::byte*>(std::aligned_alloc(kHeader, (size / kHeader + 2) * kHeader));
    std::memcpy(memory, &size, sizeof(size));
    bytes_ += static_cast<std::int64_t>(size);
    peak_ = std::max(peak_, bytes_.load());
    return {memory + kHeader, memory + kHeader, release, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return release; }
  void copy_data(void* to, const void* from, std::size_t count) const override {
    default_copy_data(to, from, count);
  }

 private:
  static constexpr std::size_t kHeader = 64;  ///< before a tensor's memory: its size

  static void release(void* data) {
    if (data == nullptr) return;
    std::byte* memory = static_cast<std::byte*>(data) - kHeader;
    std::size_t size = 0;
    std::memcpy(&size, memory, sizeof(size));
    bytes_ -= static_cast<std::int64_t>(size);
    std::free(memory);
  }

  inline static std::atomic<std::int64_t> bytes_ = 0;
  c10::Allocator* allocator_;
  std::int64_t peak_ = 0;
};

}  // namespace diptych::test
