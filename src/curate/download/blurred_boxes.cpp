#include "curate/download/blurred_boxes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "json/json.h"

namespace diptych::curate {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostBoxes = 1000;

/// A box in pixels, within the picture.
struct Region {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;
  int radius = 0;  ///< of the running means
};

std::optional<Box> box_of(const Json& value) {
  constexpr double kOutside = 0.5;  // detectors round, and reach over the border
  if (!value.is_array() || value.size() != 4) return std::nullopt;
  std::array<double, 4> sides{};
  for (std::size_t i = 0; i < sides.size(); ++i) {
    if (!value[i].is_number()) return std::nullopt;
    sides[i] = value[i].get<double>();
    if (!(sides[i] >= -kOutside && sides[i] <= 1.0 + kOutside)) return std::nullopt;
  }
  if (sides[0] > sides[2] || sides[1] > sides[3]) return std::nullopt;
  return Box{.left = sides[0], .top = sides[1], .right = sides[2], .bottom = sides[3]};
}

Region region_of(const Box& box, const Image& image) {
  const double longer =
      std::max((box.right - box.left) * image.width, (box.bottom - box.top) * image.height);
  const double margin = longer / 10.0;
  const auto within = [](double place, int length) {
    return static_cast<int>(std::clamp(place, 0.0, static_cast<double>(length)));
  };
  return {.left = within(std::floor(box.left * image.width - margin), image.width),
          .top = within(std::floor(box.top * image.height - margin), image.height),
          .right = within(std::ceil(box.right * image.width + margin), image.width),
          .bottom = within(std::ceil(box.bottom * image.height + margin), image.height),
          .radius = std::max(1, static_cast<int>(margin))};
}

/// Replaces `count` values that are `step` apart by the means of those up to `radius` away, of
/// which the first and last stand for what is outside.
void smooth(std::uint8_t* values, std::size_t step, int count, int radius,
            std::vector<std::uint8_t>& line) {
  line.resize(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < line.size(); ++i) line[i] = values[i * step];
  const auto at = [&line, count](int i) -> int {
    return line[static_cast<std::size_t>(std::clamp(i, 0, count - 1))];
  };
  const int width = 2 * radius + 1;
  int sum = 0;
  for (int i = -radius; i <= radius; ++i) sum += at(i);
  for (int i = 0; i < count; ++i) {
    values[static_cast<std::size_t>(i) * step] =
        static_cast<std::uint8_t>((sum + width / 2) / width);
    sum += at(i + radius + 1) - at(i - radius);
  }
}

/// Three running means are nearly a Gaussian, and take the same time at any width.
void blur(Image& image, const Region& region) {
  constexpr int kPasses = 3;
  constexpr std::size_t kChannels = 3;
  const auto row_step = static_cast<std::size_t>(image.width) * kChannels;
  const auto pixel = [&](int x, int y) {
    return image.rgb.data() + static_cast<std::size_t>(y) * row_step +
           static_cast<std::size_t>(x) * kChannels;
  };
  std::vector<std::uint8_t> line;
  for (int pass = 0; pass < kPasses; ++pass) {
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      for (int y = region.top; y < region.bottom; ++y) {
        smooth(pixel(region.left, y) + channel, kChannels, region.right - region.left,
               region.radius, line);
      }
      for (int x = region.left; x < region.right; ++x) {
        smooth(pixel(x, region.top) + channel, row_step, region.bottom - region.top, region.radius,
               line);
      }
    }
  }
}

}  // namespace

std::optional<std::vector<Box>> boxes_of(const Json& value) {
  if (value.is_null()) return std::vector<Box>();
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (text.empty()) return std::vector<Box>();
    const std::optional<Json> parsed = read_ordered_json(text);
    return !parsed || parsed->is_string() ? std::nullopt : boxes_of(*parsed);
  }
  if (!value.is_array() || value.size() > kMostBoxes) return std::nullopt;
  std::vector<Box> boxes;
  for (const Json& each : value) {
    const auto box = box_of(each);
    if (!box) return std::nullopt;
    boxes.push_back(*box);
  }
  return boxes;
}

void blur_boxes(Image& image, std::span<const Box> boxes) {
  for (const Box& box : boxes) {
    const Region region = region_of(box, image);
    if (region.left < region.right && region.top < region.bottom) blur(image, region);
  }
}

}  // namespace diptych::curate
