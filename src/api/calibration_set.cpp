#include "api/calibration_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/random.h"

namespace diptych::api {
namespace {

constexpr int kSide = 256;

struct Leaf {
  double x;
  double y;
  double radius;
  std::array<std::uint8_t, 3> colour;
};

/// Radii between 2 pixels and a third of the picture, their density falling with the cube.
Leaf random_leaf(Random& random) {
  constexpr double kSmallest = 2.0;
  constexpr double kLargest = kSide / 3.0;
  const double low = 1.0 / (kSmallest * kSmallest);
  const double high = 1.0 / (kLargest * kLargest);
  Leaf leaf{.x = random.uniform(0.0, kSide),
            .y = random.uniform(0.0, kSide),
            .radius = 1.0 / std::sqrt(random.uniform(high, low)),
            .colour = {}};
  const double brightness = random.uniform(0.1, 1.0);
  for (std::uint8_t& channel : leaf.colour)
    channel = static_cast<std::uint8_t>(255.0 * brightness * random.uniform(0.4, 1.0));
  return leaf;
}

void draw(const Leaf& leaf, Image& picture) {
  const auto bound = [](double place) { return std::clamp(static_cast<int>(place), 0, kSide - 1); };
  for (int y = bound(leaf.y - leaf.radius); y <= bound(leaf.y + leaf.radius); ++y) {
    for (int x = bound(leaf.x - leaf.radius); x <= bound(leaf.x + leaf.radius); ++x) {
      if (std::hypot(x - leaf.x, y - leaf.y) > leaf.radius) continue;
      std::copy(leaf.colour.begin(), leaf.colour.end(),
                picture.rgb.begin() + 3 * (static_cast<std::ptrdiff_t>(y) * kSide + x));
    }
  }
}

}  // namespace

std::vector<Image> made_up_pictures() {
  constexpr int kPictures = 48;
  constexpr int kLeaves = 4000;
  std::vector<Image> pictures;
  for (std::uint64_t i = 0; i < kPictures; ++i) {
    Random random(1, i);
    Image picture{.width = kSide, .height = kSide};
    picture.rgb.resize(std::size_t{3} * kSide * kSide, 128);
    for (int leaf = 0; leaf < kLeaves; ++leaf) draw(random_leaf(random), picture);
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

std::vector<std::string> made_up_texts() {
  constexpr auto kThings = std::to_array<const char*>(
      {"cat",           "dog",      "horse",   "small bird", "fish",   "old tree",
       "flower",        "mountain", "beach",   "street",     "house",  "kitchen",
       "red car",       "train",    "bicycle", "boat",       "pizza",  "cake",
       "cup of coffee", "book",     "chair",   "guitar",     "laptop", "child"});
  constexpr auto kCaptions = std::to_array<const char*>(
      {"{}", "A photo of a {}", "a drawing of a {} on white paper",
       "Two people beside a {}, seen from far away in the evening light"});
  std::vector<std::string> texts;
  for (const char* caption : kCaptions) {
    for (const char* thing : kThings) texts.push_back(fmt::format(fmt::runtime(caption), thing));
  }
  return texts;
}

}  // namespace diptych::api
