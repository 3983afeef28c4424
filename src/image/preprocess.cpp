#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/mapped_file.h"
#include "image/decoder.h"

namespace diptych {
namespace image {
constexpr int kMaxSize = 16384;

void check(const Preprocessing& preprocessing) {
  if (preprocessing.size < 1 || preprocessing.size > kMaxSize)
    fail(ErrorCode::invalid_argument, "picture size: got {}, expected 1 to {}", preprocessing.size,
         kMaxSize);
  if (preprocessing.fill < 0 || preprocessing.fill > 255)
    fail(ErrorCode::invalid_argument, "picture fill: got {}, expected 0 to 255",
         preprocessing.fill);
  if (preprocessing.mode == ResizeMode::patches &&
      (preprocessing.patch_size < 1 || preprocessing.patch_size > preprocessing.size))
    fail(ErrorCode::invalid_argument, "patch size: got {}, expected 1 to {}",
         preprocessing.patch_size, preprocessing.size);
  for (std::size_t i = 0; i < preprocessing.mean.size(); ++i) {
    const float mean = preprocessing.mean[i];
    const float deviation = preprocessing.std[i];
    if (!std::isfinite(mean) || !std::isfinite(deviation) || deviation <= 0.0F)
      fail(ErrorCode::invalid_argument,
           "picture channels: got a mean of {} and a standard deviation of {}, expected numbers, "
           "the second above 0",
           mean, deviation);
  }
}

void check(const Image& image) {
  if (image.width < 1 || image.height < 1)
    fail(ErrorCode::invalid_argument, "picture: got {} x {}, expected at least 1 x 1", image.width,
         image.height);
  const std::size_t bytes =
      static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3;
  if (image.rgb.size() != bytes)
    fail(ErrorCode::invalid_argument, "picture of {} x {}: got {} bytes, expected {}", image.width,
         image.height, image.rgb.size(), bytes);
}

namespace {

/// Half of `excess`; of an odd one, the even neighbour (Python's round, by which torchvision places
/// a centre crop) or the lower one.
std::int64_t centre_offset(std::int64_t excess, CropStart start) {
  const std::int64_t half = excess / 2;
  return excess % 2 == 0 || start == CropStart::down ? half : half + half % 2;
}

/// How a picture comes onto the square that the tower sees.
struct Placement {
  std::int64_t width = 0;  ///< of the whole picture after resizing
  std::int64_t height = 0;
  Window window;  ///< what of it is seen
  int left = 0;   ///< where the window goes on the square
  int top = 0;
};

/// torchvision's Resize of the shortest side (the other is truncated) and CenterCrop.
Placement place_shortest(int width, int height, int size, CropStart start) {
  const std::int64_t short_side = std::min(width, height);
  const auto scaled = [&](std::int64_t side) { return side * size / short_side; };
  Placement place{scaled(width), scaled(height), {}};
  place.window = {centre_offset(place.width - size, start),
                  centre_offset(place.height - size, start), size, size};
  return place;
}

/// open_clip's ResizeKeepRatio with longest = 1, then CenterCropOrPad: sides are rounded (ties to
/// even), the smaller half of the padding goes to the left and top.
Placement place_longest(int width, int height, int size) {
  const double ratio =
      std::max(static_cast<double>(width) / size, static_cast<double>(height) / size);
  const auto scaled = [&](int side) {
    return std::clamp(static_cast<int>(std::nearbyint(side / ratio)), 1, size);
  };
  const int w = scaled(width);
  const int h = scaled(height);
  return {w, h, {0, 0, w, h}, (size - w) / 2, (size - h) / 2};
}

/// The sides in whole patches, rounded up, of a picture scaled by `ratio`.
std::array<std::int64_t, 2> scaled_places(int width, int height, double ratio, int patch_size) {
  const auto places = [&](int side) {
    return std::max<std::int64_t>(1,
                                  static_cast<std::int64_t>(std::ceil(side * ratio / patch_size)));
  };
  return {places(width), places(height)};
}

/// timm's ResizeToSequence: the largest ratio, found by halving, whose patches are not too many.
Placement place_patches(int width, int height, int size, int patch_size) {
  constexpr double kPrecision = 1e-5;
  const std::int64_t most = std::int64_t{size / patch_size} * (size / patch_size);
  double low = kPrecision / 10.0;
  double high = 100.0;
  while (high - low >= kPrecision) {
    const double middle = (low + high) / 2.0;
    const auto [across, down] = scaled_places(width, height, middle, patch_size);
    (across * down <= most ? low : high) = middle;
  }
  const auto [across, down] = scaled_places(width, height, low, patch_size);
  const int w = static_cast<int>(across) * patch_size;
  const int h = static_cast<int>(down) * patch_size;
  return {w, h, {0, 0, w, h}};
}

Placement place(int width, int height, const Preprocessing& preprocessing) {
  const int size = preprocessing.size;
  switch (preprocessing.mode) {
    case ResizeMode::shortest:
      return place_shortest(width, height, size, preprocessing.crop_start);
    case ResizeMode::longest:
      return place_longest(width, height, size);
    case ResizeMode::patches:
      return place_patches(width, height, size, preprocessing.patch_size);
    case ResizeMode::squash:
      break;
  }
  return {size, size, {0, 0, size, size}};
}

/// The window on the square that the tower sees, filled with `colour`, where it sees one.
Image pad(Image window, const Placement& place, const Preprocessing& preprocessing,
          const std::uint8_t* colour) {
  const int size = preprocessing.size;
  if (preprocessing.mode == ResizeMode::patches) return window;
  if (window.width == size && window.height == size) return window;
  const std::size_t row_bytes = static_cast<std::size_t>(size) * 3;
  Image out{size, size, {}, window.facts};
  out.rgb.resize(row_bytes * static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < out.rgb.size(); ++i) out.rgb[i] = colour[i % 3];
  const std::size_t bytes = static_cast<std::size_t>(window.width) * 3;
  std::uint8_t* to = out.rgb.data() + static_cast<std::size_t>(place.top) * row_bytes +
                     static_cast<std::size_t>(place.left) * 3;
  for (std::size_t y = 0; y < static_cast<std::size_t>(window.height); ++y)
    std::memcpy(to + y * row_bytes, window.rgb.data() + y * bytes, bytes);
  return out;
}

/// What the reference pads with: `fill` in every channel of the file's own format, converted to RGB
/// (so 0 is the first palette entry of a GIF and white in CMYK).
Image padding_pixel(const Picture& picture, int fill) {
  Picture pixel{picture.format, 1, 1, {}, picture.palette};
  pixel.pixels.assign(static_cast<std::size_t>(bytes_per_pixel(picture.format)),
                      static_cast<std::uint8_t>(fill));
  if (picture.format == PixelFormat::grey16) {
    const auto value = static_cast<std::uint16_t>(fill);
    std::memcpy(pixel.pixels.data(), &value, sizeof(value));
  }
  return to_rgb(pixel);
}

Image preprocess(Picture picture, const Preprocessing& preprocessing) {
  if (preprocessing.conversion == RgbConversion::first)
    return resize_and_crop(to_rgb(std::move(picture)), preprocessing);
  const Placement to = place(picture.width, picture.height, preprocessing);
  const Image padding = padding_pixel(picture, preprocessing.fill);
  return pad(to_rgb(resize(picture, to.width, to.height, to.window, preprocessing.interpolation)),
             to, preprocessing, padding.rgb.data());
}

/// Whether an image has a size that preprocessing makes.
bool is_preprocessed(const Image& image, const Preprocessing& preprocessing) {
  const int size = preprocessing.size;
  if (preprocessing.mode != ResizeMode::patches) return image.width == size && image.height == size;
  const int patch = preprocessing.patch_size;
  return image.width % patch == 0 && image.height % patch == 0 &&
         std::int64_t{image.width / patch} * (image.height / patch) <=
             std::int64_t{size / patch} * (size / patch);
}

}  // namespace
}  // namespace image

Image resize_and_crop(const Image& image, const Preprocessing& preprocessing) {
  image::check(preprocessing);
  image::check(image);
  const image::Placement to = image::place(image.width, image.height, preprocessing);
  Image window{to.window.width, to.window.height, {}, image.facts};
  window.rgb = image::resample(image::view(image), to.width, to.height, to.window,
                               preprocessing.interpolation);
  const image::Colour padding = {static_cast<std::uint8_t>(preprocessing.fill),
                                 static_cast<std::uint8_t>(preprocessing.fill),
                                 static_cast<std::uint8_t>(preprocessing.fill)};
  return image::pad(std::move(window), to, preprocessing, padding.data());
}

Image preprocess_image(std::span<const std::byte> bytes, const std::string& name,
                       const Preprocessing& preprocessing, const DecodeOptions& options) {
  image::check(preprocessing);
  DecodeOptions decoding = options;
  if (!decoding.background) decoding.background = preprocessing.background;
  return image::preprocess(image::decode_picture({bytes, name, decoding}), preprocessing);
}

Image load_preprocessed(const std::filesystem::path& path, const Preprocessing& preprocessing,
                        const DecodeOptions& options) {
  const MappedFile file(path);
  return preprocess_image(file.bytes(), file.name(), preprocessing, options);
}

void normalise(const Image& image, const Preprocessing& preprocessing, std::span<float> out) {
  image::check(preprocessing);
  image::check(image);
  if (!image::is_preprocessed(image, preprocessing) || out.size() != image.rgb.size())
    fail(ErrorCode::invalid_argument,
         "normalise: got {} x {} pixels and room for {} values, expected {} x {} and {}",
         image.width, image.height, out.size(), preprocessing.size, preprocessing.size,
         image.rgb.size());
  const std::size_t places = image.rgb.size() / 3;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    // All 256 results, in the order of operations of ToTensor and Normalize.
    std::array<float, 256> table;
    for (std::size_t value = 0; value < table.size(); ++value)
      table[value] = (static_cast<float>(value) / 255.0F - preprocessing.mean[channel]) /
                     preprocessing.std[channel];
    float* const plane = out.data() + channel * places;
    for (std::size_t i = 0; i < places; ++i) plane[i] = table[image.rgb[i * 3 + channel]];
  }
}

}  // namespace diptych
