#include "image/augment.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <utility>

#include "base/error.h"
#include "image/colour_operations.h"
#include "image/resample.h"
#include "image/spatial_operations.h"

namespace diptych::image {
namespace {

using Fill = std::array<std::uint8_t, 3>;

bool happens(double probability, Random& random) {
  return probability > 0.0 && random.uniform() < probability;
}

Fill draw_fill(const AugmentOptions& options, Random& random) {
  if (options.fill) return *options.fill;
  const std::uint64_t bits = random.next();
  return {static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits >> 16),
          static_cast<std::uint8_t>(bits >> 24)};
}

int draw_offset(int room, Random& random) {
  return static_cast<int>(random.below(static_cast<std::uint64_t>(room) + 1));
}

struct Rectangle {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};

/// A rectangle of random area and shape inside width x height, or nothing after ten tries; as
/// torchvision's RandomResizedCrop and RandomErasing draw theirs.
std::optional<Rectangle> draw_rectangle(int width, int height, std::pair<double, double> scale,
                                        std::pair<double, double> ratio, Random& random) {
  const double area = static_cast<double>(width) * height;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * random.uniform(scale.first, scale.second);
    const double shape = std::exp(random.uniform(std::log(ratio.first), std::log(ratio.second)));
    const double w = std::nearbyint(std::sqrt(target * shape));
    const double h = std::nearbyint(std::sqrt(target / shape));
    if (w < 1.0 || h < 1.0 || w > width || h > height) continue;
    Rectangle result{0, 0, static_cast<int>(w), static_cast<int>(h)};
    result.top = draw_offset(height - result.height, random);
    result.left = draw_offset(width - result.width, random);
    return result;
  }
  return std::nullopt;
}

/// The largest centred rectangle of a shape within bounds, for pictures too long for a random one.
Rectangle centre_rectangle(int width, int height, const AugmentOptions& options) {
  const double shape = static_cast<double>(width) / height;
  int w = width;
  int h = height;
  if (shape < options.min_ratio)
    h = std::clamp(static_cast<int>(std::nearbyint(width / options.min_ratio)), 1, height);
  else if (shape > options.max_ratio)
    w = std::clamp(static_cast<int>(std::nearbyint(height * options.max_ratio)), 1, width);
  return {(width - w) / 2, (height - h) / 2, w, h};
}

Image resized_crop(const Image& image, const AugmentOptions& options, int size,
                   Interpolation interpolation, Random& random) {
  const Rectangle crop =
      draw_rectangle(image.width, image.height, {options.min_scale, options.max_scale},
                     {options.min_ratio, options.max_ratio}, random)
          .value_or(centre_rectangle(image.width, image.height, options));
  Image out{size, size, {}};
  out.rgb = resample(view(image, crop.left, crop.top, crop.width, crop.height), size, size,
                     {0, 0, size, size}, interpolation);
  return out;
}

void fill_rectangle(Image& image, const Rectangle& area, const Fill& fill) {
  for (int y = area.top; y < area.top + area.height; ++y)
    for (int x = area.left; x < area.left + area.width; ++x)
      std::memcpy(&image.rgb[static_cast<std::size_t>(y * image.width + x) * 3], fill.data(), 3);
}

/// The picture on a canvas of side `size`, anywhere.
Image place_on_canvas(const Image& picture, int size, const Fill& fill, Random& random) {
  Image canvas{size, size, {}};
  canvas.rgb.resize(static_cast<std::size_t>(size) * static_cast<std::size_t>(size) * 3);
  fill_rectangle(canvas, {0, 0, size, size}, fill);
  const int left = draw_offset(size - picture.width, random);
  const int top = draw_offset(size - picture.height, random);
  const std::size_t bytes = static_cast<std::size_t>(picture.width) * 3;
  for (int y = 0; y < picture.height; ++y)
    std::memcpy(&canvas.rgb[static_cast<std::size_t>((top + y) * size + left) * 3],
                &picture.rgb[static_cast<std::size_t>(y) * bytes], bytes);
  return canvas;
}

Image crop_and_zoom(const Image& image, const AugmentOptions& options,
                    const Preprocessing& preprocessing, Random& random) {
  const int size = preprocessing.size;
  if (!happens(options.zoom_out_probability, random))
    return resized_crop(image, options, size, preprocessing.interpolation, random);
  const double zoom = random.uniform(options.min_zoom, 1.0);
  const int side = std::clamp(static_cast<int>(std::nearbyint(zoom * size)), 1, size);
  const Image picture = resized_crop(image, options, side, preprocessing.interpolation, random);
  return place_on_canvas(picture, size, draw_fill(options, random), random);
}

double draw_factor(double strength, Random& random) {
  return random.uniform(std::max(0.0, 1.0 - strength), 1.0 + strength);
}

void jitter(Image& image, const AugmentOptions& options, Random& random) {
  std::array<int, 4> order = {0, 1, 2, 3};
  for (std::size_t i = order.size() - 1; i > 0; --i)
    std::swap(order[i], order[random.below(i + 1)]);
  const double brightness = draw_factor(options.brightness, random);
  const double contrast = draw_factor(options.contrast, random);
  const double saturation = draw_factor(options.saturation, random);
  const double hue = random.uniform(-options.hue, options.hue);
  for (const int step : order) {
    if (step == 0 && options.brightness > 0.0) adjust_brightness(image, brightness);
    if (step == 1 && options.contrast > 0.0) adjust_contrast(image, contrast);
    if (step == 2 && options.saturation > 0.0) adjust_saturation(image, saturation);
    if (step == 3 && options.hue > 0.0) adjust_hue(image, hue);
  }
}

void change_colours(Image& image, const AugmentOptions& options, Random& random) {
  if (happens(options.jitter_probability, random)) jitter(image, options, random);
  if (happens(options.grey_probability, random)) make_grey(image);
  if (happens(options.blur_probability, random))
    image = blur(image, random.uniform(options.min_blur, options.max_blur));
  if (happens(options.posterise_probability, random)) posterise(image, options.posterise_bits);
  if (happens(options.solarise_probability, random)) solarise(image, options.solarise_threshold);
  if (happens(options.sharpen_probability, random)) image = sharpen(image, options.sharpen_factor);
}

void erase(Image& image, const AugmentOptions& options, Random& random) {
  const auto area =
      draw_rectangle(image.width, image.height, {options.min_erase_scale, options.max_erase_scale},
                     {options.min_erase_ratio, options.max_erase_ratio}, random);
  if (area) fill_rectangle(image, *area, draw_fill(options, random));
}

void require(bool condition, const char* field, double value, const char* expected) {
  if (!condition)
    fail(ErrorCode::invalid_argument, "augmentation: {}: got {}, expected {}", field, value,
         expected);
}

void check_range(const char* field, double low, double high, double least, double most,
                 const char* expected) {
  require(low >= least && low <= high, field, low, expected);
  require(high <= most, field, high, expected);
}

}  // namespace

void check(const AugmentOptions& options) {
  const std::pair<const char*, double> probabilities[] = {
      {"zoom out probability", options.zoom_out_probability},
      {"flip probability", options.flip_probability},
      {"jitter probability", options.jitter_probability},
      {"grey probability", options.grey_probability},
      {"blur probability", options.blur_probability},
      {"posterise probability", options.posterise_probability},
      {"solarise probability", options.solarise_probability},
      {"sharpen probability", options.sharpen_probability},
      {"erase probability", options.erase_probability}};
  for (const auto& [field, value] : probabilities)
    require(value >= 0.0 && value <= 1.0, field, value, "0 to 1");
  const std::pair<const char*, double> strengths[] = {{"brightness", options.brightness},
                                                      {"contrast", options.contrast},
                                                      {"saturation", options.saturation},
                                                      {"sharpen factor", options.sharpen_factor}};
  for (const auto& [field, value] : strengths)
    require(value >= 0.0 && value <= 100.0, field, value, "0 to 100");
  constexpr double kSmallest = 1e-6;
  check_range("scale", options.min_scale, options.max_scale, kSmallest, 1.0, "0 < min <= max <= 1");
  check_range("ratio", options.min_ratio, options.max_ratio, kSmallest, 1e6, "0 < min <= max");
  check_range("zoom", options.min_zoom, 1.0, kSmallest, 1.0, "above 0, up to 1");
  check_range("blur", options.min_blur, options.max_blur, 0.01, 100.0, "0.01 <= min <= max <= 100");
  check_range("erase scale", options.min_erase_scale, options.max_erase_scale, kSmallest, 1.0,
              "0 < min <= max <= 1");
  check_range("erase ratio", options.min_erase_ratio, options.max_erase_ratio, kSmallest, 1e6,
              "0 < min <= max");
  require(options.rotation >= 0.0 && options.rotation <= 180.0, "rotation", options.rotation,
          "0 to 180");
  require(options.shear >= 0.0 && options.shear <= 60.0, "shear", options.shear, "0 to 60");
  require(options.hue >= 0.0 && options.hue <= 0.5, "hue", options.hue, "0 to 0.5");
  require(options.posterise_bits >= 1 && options.posterise_bits <= 8, "posterise bits",
          options.posterise_bits, "1 to 8");
  require(options.solarise_threshold >= 0 && options.solarise_threshold <= 256,
          "solarise threshold", options.solarise_threshold, "0 to 256");
}

Image augment(const Image& image, const AugmentOptions& options, const Preprocessing& preprocessing,
              Random& random) {
  check(options);
  check(image);
  check(preprocessing);
  Image view = crop_and_zoom(image, options, preprocessing, random);
  if (happens(options.flip_probability, random)) flip(view);
  if (options.rotation > 0.0 || options.shear > 0.0) {
    const double rotation = random.uniform(-options.rotation, options.rotation);
    const double shear = random.uniform(-options.shear, options.shear);
    view = warp(view, rotation_and_shear(rotation, shear), options.warp_interpolation,
                draw_fill(options, random));
  }
  change_colours(view, options, random);
  if (happens(options.erase_probability, random)) erase(view, options, random);
  return view;
}

}  // namespace diptych::image
