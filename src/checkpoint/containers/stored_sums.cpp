#include "checkpoint/containers/stored_sums.h"

#include <libdeflate.h>

#include <algorithm>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/parallel.h"

namespace diptych::checkpoint {
namespace {

/// Pages are given back as soon as so much was read.
constexpr std::size_t kPart = std::size_t{8} << 20;

std::uint32_t sum_of(std::span<const std::byte> bytes) {
  std::uint32_t sum = 0;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), kPart))) {
    const auto part = bytes.first(std::min(bytes.size(), kPart));
    sum = libdeflate_crc32(sum, part.data(), part.size());
    MappedFile::release_pages(part);
  }
  return sum;
}

}  // namespace

void check_sums(std::span<const StoredSum> sums) {
  if (sums.empty()) return;
  ThreadPool pool;
  pool.run(sums.size(), [&](std::size_t i) {
    const StoredSum& stored = sums[i];
    if (sum_of(stored.bytes) == stored.crc32) return;
    fail(ErrorCode::corrupt_data,
         "checkpoint: {}: got bytes of another CRC-32 than the file states, expected those that "
         "were "
         "written: the file is damaged ({})",
         stored.entry, stored.file);
  });
}

}  // namespace diptych::checkpoint
