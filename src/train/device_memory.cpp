#include "train/device_memory.h"

#include <c10/core/CachingDeviceAllocator.h>
#include <malloc.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace diptych::train {
namespace {

constexpr std::uint64_t kKibibyte = 1024;

/// The number after a word in a file of lines "word: number kB"; zero when there is none.
std::uint64_t kibibytes(const char* path, const std::string& word) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(word + ":")) continue;
    std::uint64_t number = 0;
    std::istringstream(line.substr(word.size() + 1)) >> number;
    return number * kKibibyte;
  }
  return 0;
}

/// A limit of the control group that has been set; the largest number otherwise.
std::uint64_t group_limit() {
  std::uint64_t limit = 0;
  std::ifstream file("/sys/fs/cgroup/memory.max");
  return file >> limit ? limit : UINT64_MAX;
}

std::uint64_t resident_bytes() {
  return kibibytes("/proc/self/status", "VmRSS");
}

constexpr auto kAllPools = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);

}  // namespace

void DeviceMemory::reset_peak() const {
  if (!device_.is_cpu())
    return c10::getDeviceAllocator(device_.type())->resetPeakStats(device_.index());
  ::malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";  // the kernel's number for just this
}

std::uint64_t DeviceMemory::peak() const {
  if (device_.is_cpu()) return kibibytes("/proc/self/status", "VmHWM");
  const auto statistics = c10::getDeviceAllocator(device_.type())->getDeviceStats(device_.index());
  return static_cast<std::uint64_t>(statistics.allocated_bytes[kAllPools].peak);
}

std::uint64_t DeviceMemory::available(int processes) const {
  if (device_.is_cpu()) {
    const auto shares = static_cast<std::uint64_t>(processes);
    const std::uint64_t free = kibibytes("/proc/meminfo", "MemAvailable");
    return free == 0 ? 0 : std::min(free / shares + resident_bytes(), group_limit() / shares);
  }
  auto* const allocator = c10::getDeviceAllocator(device_.type());
  const auto reserved =
      allocator->getDeviceStats(device_.index()).reserved_bytes[kAllPools].current;
  return allocator->getMemoryInfo(device_.index()).first + static_cast<std::uint64_t>(reserved);
}

}  // namespace diptych::train
