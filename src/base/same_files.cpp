#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <map>
#include <system_error>

#include "diptych/picture_files.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPart = 1 << 16;

/// Whether two files of one size have the same bytes.
bool have_same_bytes(const fs::path& a, const fs::path& b) {
  std::ifstream left(a, std::ios::binary);
  std::ifstream right(b, std::ios::binary);
  if (!left || !right) return false;
  std::array<char, kPart> one{};
  std::array<char, kPart> other{};
  while (left && right) {
    left.read(one.data(), one.size());
    right.read(other.data(), other.size());
    if (left.gcount() != right.gcount()) return false;
    if (!std::equal(one.begin(), one.begin() + left.gcount(), other.begin())) return false;
  }
  return left.eof() && right.eof();
}

/// Places of files that have one size, and begin alike where several have it.
std::vector<std::vector<std::size_t>> candidates(std::span<const fs::path> files) {
  std::map<std::uintmax_t, std::vector<std::size_t>> by_size;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::error_code problem;
    const std::uintmax_t size = fs::file_size(files[i], problem);
    if (!problem) by_size[size].push_back(i);
  }
  std::vector<std::vector<std::size_t>> sets;
  for (const auto& [size, places] : by_size) {
    if (places.size() < 2) continue;
    std::map<std::uint64_t, std::vector<std::size_t>> by_hash;
    for (const std::size_t place : places)
      by_hash[beginning_hash(files[place], kPart)].push_back(place);
    for (auto& [hash, alike] : by_hash) sets.push_back(std::move(alike));
  }
  return sets;
}

}  // namespace

std::uint64_t beginning_hash(const fs::path& path, std::uint64_t bytes) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, kPart> part{};
  std::uint64_t hash = 0xcbf29ce484222325U;
  while (file && bytes > 0) {
    file.read(part.data(), static_cast<std::streamsize>(std::min<std::uint64_t>(kPart, bytes)));
    const auto count = static_cast<std::size_t>(file.gcount());
    for (std::size_t i = 0; i < count; ++i)
      hash = (hash ^ static_cast<unsigned char>(part[i])) * 0x100000001b3U;
    bytes -= count;
  }
  return hash;
}

std::vector<std::size_t> first_with_same_bytes(std::span<const fs::path> files) {
  std::vector<std::size_t> first(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) first[i] = i;
  for (const std::vector<std::size_t>& places : candidates(files)) {
    std::vector<std::size_t> different;
    for (const std::size_t place : places) {
      const auto same = std::find_if(different.begin(), different.end(), [&](std::size_t earlier) {
        return have_same_bytes(files[earlier], files[place]);
      });
      if (same == different.end()) {
        different.push_back(place);
      } else {
        first[place] = *same;
      }
    }
  }
  return first;
}

}  // namespace diptych
