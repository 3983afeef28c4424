#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace diptych::train {

/// The memory of a device, as far as this process sees it.
class DeviceMemory {
 public:
  explicit DeviceMemory(torch::Device device) : device_(device) {}

  /// Begins to look for the most memory anew.
  void reset_peak() const;
  /// Returns the most bytes that this process had since then; on the CPU all of its memory.
  std::uint64_t peak() const;
  /// Returns what the process has now and could have besides, where `processes` alike share a CPU's
  /// memory; zero when that is not known.
  std::uint64_t available(int processes = 1) const;

 private:
  torch::Device device_;
};

}  // namespace diptych::train
