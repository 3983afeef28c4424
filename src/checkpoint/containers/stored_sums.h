#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace diptych::checkpoint {

/// A part of a file that holds weights, and the CRC-32 that its writer kept of it.
struct StoredSum {
  std::string entry;
  std::span<const std::byte> bytes;
  std::uint32_t crc32 = 0;
  std::string file;  ///< for messages
};

/// Computes all sums on every CPU and gives the pages read back, so that memory stays as it was.
/// Throws Error(corrupt_data) naming the first entry whose bytes have another one.
void check_sums(std::span<const StoredSum> sums);

}  // namespace diptych::checkpoint
