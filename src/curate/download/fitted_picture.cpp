#include "curate/download/fitted_picture.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <utility>

#include "diptych/error.h"
#include "diptych/image.h"
#include "image/encode.h"
#include "image/orientation.h"
#include "image/picture.h"
#include "image/scale.h"

namespace diptych::curate {

namespace {

bool is_of(PictureFormat format, std::string_view bytes) {
  switch (format) {
    case PictureFormat::jpg:
      return bytes.starts_with("\xFF\xD8\xFF");
    case PictureFormat::png:
      return bytes.starts_with("\x89PNG\r\n\x1A\n");
    case PictureFormat::webp:
      break;
  }
  return bytes.starts_with("RIFF") &&
         bytes.substr(std::min<std::size_t>(8, bytes.size())).starts_with("WEBP");
}

/// Which limit a picture breaks; empty: none.
std::string_view broken_limit(const Image& image, const PictureForm& form) {
  const auto [shorter, longer] = std::minmax(image.width, image.height);
  if (shorter < form.min_side) return "image too small";
  const auto area = static_cast<std::uint64_t>(shorter) * static_cast<std::uint64_t>(longer);
  if (form.max_area > 0 && area > form.max_area) return "image area too large";
  if (form.max_aspect > 0.0 && longer > form.max_aspect * shorter) return "aspect ratio too large";
  return {};
}

/// The rectangle of `image` from (left, top), which may lie partly outside: white there.
Image cut(const Image& image, int left, int top, int width, int height) {
  constexpr std::uint8_t kWhite = 255;
  Image result{.width = width, .height = height, .rgb = {}, .facts = image.facts};
  result.rgb.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3, kWhite);
  const int first = std::max(0, -left);
  const int count = std::min(width, image.width - left) - first;
  for (int y = std::max(0, -top); y < std::min(height, image.height - top); ++y) {
    const auto from = (static_cast<std::ptrdiff_t>(top + y) * image.width + left + first) * 3;
    const auto to = (static_cast<std::ptrdiff_t>(y) * width + first) * 3;
    std::copy_n(image.rgb.begin() + from, static_cast<std::ptrdiff_t>(count) * 3,
                result.rgb.begin() + to);
  }
  return result;
}

/// Resizes as img2dataset does. Returns whether anything changed.
bool resize_by(Image& image, const PictureForm& form) {
  if (form.resize == DownloadResize::none) return false;
  const bool by_shortest =
      form.resize == DownloadResize::keep_ratio || form.resize == DownloadResize::center_crop;
  const auto [shorter, longer] = std::minmax(image.width, image.height);
  const int side = by_shortest ? shorter : longer;
  const bool shrinks = side > form.size;
  if (form.only_if_larger && !shrinks) return false;
  bool is_changed = false;
  if (side != form.size) {
    const double factor = static_cast<double>(form.size) / side;
    const auto scaled = [factor](int length) {
      return std::max(1, static_cast<int>(std::nearbyint(length * factor)));
    };
    image = image::scale(image, scaled(image.width), scaled(image.height),
                         shrinks ? form.downscale : form.upscale);
    is_changed = true;
  }
  const bool makes_square =
      form.resize == DownloadResize::border || form.resize == DownloadResize::center_crop;
  if (makes_square && (image.width != form.size || image.height != form.size)) {
    // Rounded towards the upper left, whether something is cut off or put around.
    const auto start = [&form](int length) {
      return length > form.size ? (length - form.size) / 2 : -((form.size - length) / 2);
    };
    image = cut(image, start(image.width), start(image.height), form.size, form.size);
    is_changed = true;
  }
  return is_changed;
}

/// Turns a picture as viewers of its file show it.
void turn_upright(Image& image) {
  if (image.facts.orientation == 1) return;
  image::Picture picture{.width = image.width,
                         .height = image.height,
                         .pixels = std::move(image.rgb),
                         .facts = image.facts};
  image::turn_upright(picture);
  image.width = picture.width;
  image.height = picture.height;
  image.rgb = std::move(picture.pixels);
}

/// A scale factor must not make a giant of a thin line.
bool is_drawn_out(const Image& image, const PictureForm& form) {
  const bool by_shortest =
      form.resize == DownloadResize::keep_ratio || form.resize == DownloadResize::center_crop;
  if (!by_shortest || form.max_pixels == 0) return false;
  const auto [shorter, longer] = std::minmax(image.width, image.height);
  const double length = static_cast<double>(longer) * form.size / shorter;
  return length * form.size > static_cast<double>(form.max_pixels);
}

}  // namespace

FittedPicture fit_picture(std::string body, const PictureForm& form, std::span<const Box> blurred) {
  FittedPicture result;
  try {
    const DecodeOptions options{.max_pixels = form.max_pixels,
                                .background = std::array<std::uint8_t, 3>{255, 255, 255}};
    Image image = decode_image(std::as_bytes(std::span(body)), "picture", options);
    result.original_width = image.width;
    result.original_height = image.height;
    std::string_view limit = broken_limit(image, form);
    if (limit.empty() && is_drawn_out(image, form)) limit = "aspect ratio too large";
    if (!limit.empty()) {
      result.failure = limit;
      result.is_left_out = true;
      return result;
    }
    blur_boxes(image, blurred);
    const bool is_changed = resize_by(image, form) || !blurred.empty();
    const bool is_encoded = is_changed || !is_of(form.format, body);
    // What says how the picture is turned is not in the new file.
    if (is_encoded) turn_upright(image);
    result.width = image.width;
    result.height = image.height;
    result.bytes = is_encoded ? image::encode(image, form.format, form.quality) : std::move(body);
  } catch (const Error& error) {
    result.failure = error.code() == ErrorCode::out_of_memory ? "too many pixels" : "no picture";
    result.detail = error.what();
  }
  return result;
}

}  // namespace diptych::curate
