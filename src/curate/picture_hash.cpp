#include "curate/picture_hash.h"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace diptych::curate {

namespace {

constexpr std::size_t kRows = 8;
constexpr std::size_t kColumns = 9;

/// The mean brightness of the rectangle, at least a pixel, that a field covers, times 1,000.
std::uint64_t brightness(const Image& image, std::size_t row, std::size_t column) {
  const auto width = static_cast<std::size_t>(image.width);
  const auto height = static_cast<std::size_t>(image.height);
  const std::size_t top = row * height / kRows;
  const std::size_t left = column * width / kColumns;
  const std::size_t bottom = std::max(top + 1, (row + 1) * height / kRows);
  const std::size_t right = std::max(left + 1, (column + 1) * width / kColumns);
  std::uint64_t sum = 0;
  for (std::size_t y = top; y < bottom; ++y) {
    const std::uint8_t* pixel = image.rgb.data() + (y * width + left) * 3;
    for (std::size_t x = left; x < right; ++x, pixel += 3)
      sum += 299U * pixel[0] + 587U * pixel[1] + 114U * pixel[2];
  }
  return sum / ((bottom - top) * (right - left));
}

}  // namespace

std::optional<std::uint64_t> picture_hash(const Image& image) {
  // Less than two levels of 255 are noise of compression.
  constexpr std::uint64_t kVisible = 2000;
  constexpr int kFewestFields = 12;
  std::uint64_t hash = 0;
  int visible = 0;
  for (std::size_t row = 0; row < kRows; ++row) {
    std::uint64_t left = brightness(image, row, 0);
    for (std::size_t column = 1; column < kColumns; ++column) {
      const std::uint64_t here = brightness(image, row, column);
      hash = hash << 1U | (here > left ? 1U : 0U);
      visible += std::max(here, left) - std::min(here, left) >= kVisible ? 1 : 0;
      left = here;
    }
  }
  return visible >= kFewestFields ? std::optional(hash) : std::nullopt;
}

NearHashes::NearHashes(int distance)
    : distance_(distance), bands_(static_cast<std::size_t>(distance) + 1) {}

std::uint64_t NearHashes::band(std::uint64_t hash, std::size_t number) const {
  const std::size_t bits = 64 / bands_.size();
  const std::uint64_t rest = hash >> (number * bits);
  const bool is_last = number + 1 == bands_.size();
  return is_last ? rest : rest & ((std::uint64_t{1} << bits) - 1);
}

bool NearHashes::has_near(std::uint64_t hash) const {
  for (std::size_t number = 0; number < bands_.size(); ++number) {
    const auto found = bands_[number].find(band(hash, number));
    if (found == bands_[number].end()) continue;
    const bool is_near =
        std::any_of(found->second.begin(), found->second.end(),
                    [&](std::uint64_t other) { return std::popcount(hash ^ other) <= distance_; });
    if (is_near) return true;
  }
  return false;
}

void NearHashes::insert(std::uint64_t hash) {
  for (std::size_t number = 0; number < bands_.size(); ++number)
    bands_[number][band(hash, number)].push_back(hash);
}

}  // namespace diptych::curate
