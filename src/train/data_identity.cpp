#include "train/data_identity.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <span>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/mapped_file.h"
#include "train/checksum.h"

namespace diptych::train {
namespace {

namespace fs = std::filesystem;

/// A larger shard is known by so many blocks, evenly spread.
constexpr std::size_t kWhole = std::size_t{1} << 22;
constexpr std::size_t kBlocks = 64;
constexpr std::size_t kBlock = 4096;

void add_blocks(std::span<const std::byte> bytes, Checksum& digest) {
  const std::size_t stride = (bytes.size() - kBlock) / (kBlocks - 1);
  for (std::size_t i = 0; i < kBlocks; ++i) digest.add(bytes.subspan(i * stride, kBlock));
}

/// Returns the file's size. One that cannot be read is the data set's to report.
std::uint64_t add_file(const fs::path& path, Checksum& digest) {
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

/// Adds what can be told of pictures without opening them: a table of millions names as many files.
void add_pictures(const shards::Dataset& dataset, std::map<std::string, std::string>& identity) {
  constexpr std::size_t kMost = 1 << 16;
  Checksum sizes;
  std::size_t pictures = 0;
  fs::file_time_type newest = fs::file_time_type::min();
  const std::size_t looked_at = std::min(dataset.size(), kMost);
  for (std::size_t i = 0; i < looked_at; ++i) {
    const auto path = dataset.picture_file(i * dataset.size() / looked_at);
    if (!path) continue;
    std::error_code missing;
    const std::uint64_t size = fs::file_size(*path, missing);
    sizes.add(std::as_bytes(std::span(&size, 1)));
    const fs::file_time_type time = fs::last_write_time(*path, missing);
    if (!missing) newest = std::max(newest, time);
    ++pictures;
  }
  if (pictures == 0) return;
  identity.emplace(kPictureSizes, sizes.text());
  if (newest == fs::file_time_type::min()) return;
  const auto time = std::chrono::file_clock::to_sys(newest);
  identity.emplace(kNewestPicture,
                   fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                               fmt::gmtime(std::chrono::system_clock::to_time_t(
                                   std::chrono::time_point_cast<std::chrono::seconds>(time)))));
}

}  // namespace

std::map<std::string, std::string> identify_data(const shards::Dataset& dataset) {
  Checksum digest;
  std::uint64_t bytes = 0;
  const std::vector<fs::path> files = dataset.files();
  for (const fs::path& path : files) bytes += add_file(path, digest);
  std::map<std::string, std::string> identity = {{"samples", std::to_string(dataset.size())},
                                                 {"files", std::to_string(files.size())},
                                                 {"bytes", std::to_string(bytes)},
                                                 {"digest", digest.text()}};
  add_pictures(dataset, identity);
  return identity;
}

}  // namespace diptych::train
