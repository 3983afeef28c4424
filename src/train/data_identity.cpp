#include "train/data_identity.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/mapped_file.h"
#include "shards/sources.h"
#include "train/checksum.h"

namespace diptych::train {
namespace {

/// A larger shard is known by so many blocks, evenly spread.
constexpr std::size_t kWhole = std::size_t{1} << 22;
constexpr std::size_t kBlocks = 64;
constexpr std::size_t kBlock = 4096;

void add_blocks(std::span<const std::byte> bytes, Checksum& digest) {
  const std::size_t stride = (bytes.size() - kBlock) / (kBlocks - 1);
  for (std::size_t i = 0; i < kBlocks; ++i) digest.add(bytes.subspan(i * stride, kBlock));
}

/// Returns the file's size. One that cannot be read is the data set's to report.
std::uint64_t add_file(const std::filesystem::path& path, Checksum& digest) {
  try {
    const MappedFile file(path);
    const std::span<const std::byte> bytes = file.bytes();
    const bool is_shard = path.filename().string().find(".tar") != std::string::npos;
    if (is_shard && bytes.size() > kWhole) {
      add_blocks(bytes, digest);
    } else {
      digest.add(bytes);
    }
    return bytes.size();
  } catch (const Error&) {
    return 0;
  }
}

}  // namespace

std::map<std::string, std::string> identify_data(const std::string& sources,
                                                 const shards::Dataset& dataset) {
  Checksum digest;
  std::uint64_t bytes = 0;
  std::size_t files = 0;
  for (const shards::Source& source : shards::expand_sources(sources)) {
    files += source.size();
    for (const std::filesystem::path& path : source) bytes += add_file(path, digest);
  }
  return {{"samples", std::to_string(dataset.size())},
          {"files", std::to_string(files)},
          {"bytes", std::to_string(bytes)},
          {"digest", digest.text()}};
}

}  // namespace diptych::train
