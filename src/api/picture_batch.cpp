#include "api/picture_batch.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <utility>

#include "base/error.h"

namespace diptych::api {
namespace {

int workers(std::size_t total, int threads) {
  if (total < 2) return 0;
  return static_cast<int>(std::min(total, static_cast<std::size_t>(threads)));
}

}  // namespace

PictureReader::PictureReader(std::size_t total, Read read, const Preprocessing& how,
                             std::size_t batch, int threads)
    : read_(std::move(read)),
      how_(how),
      total_(total),
      batch_(batch),
      pictures_(
          workers(total, threads), 2 * batch,
          [this] { return issued_ < total_ ? std::optional(issued_++) : std::nullopt; },
          [this](std::size_t i) { return prepare(i); }) {}

PictureReader::Picture PictureReader::prepare(std::size_t i) const {
  Picture picture;
  try {
    const Image image = read_(i);
    picture.pixels.resize(image.rgb.size());
    normalise(image, how_, picture.pixels);
    picture.size = {image.height, image.width};
    picture.facts = image.facts;
  } catch (const Error& error) {
    picture.failure = Failure{i, error.code(), error.what()};
  } catch (const std::bad_alloc&) {
    picture.failure =
        Failure{i, ErrorCode::out_of_memory, fmt::format("picture {}: out of memory", i + 1)};
  }
  return picture;
}

std::optional<PictureBatch> PictureReader::next() {
  if (done_ == total_) return std::nullopt;
  PictureBatch batch{.end = std::min(done_ + batch_, total_)};
  const auto values = 3 * static_cast<std::size_t>(how_.size) * static_cast<std::size_t>(how_.size);
  batch.pixels.reserve((batch.end - done_) * values);
  for (; done_ < batch.end; ++done_) {
    std::optional<Picture> picture = pictures_.next();
    if (picture->failure) {
      batch.failures.push_back(std::move(*picture->failure));
      continue;
    }
    batch.pixels.insert(batch.pixels.end(), picture->pixels.begin(), picture->pixels.end());
    batch.pixels.resize((batch.inputs.size() + 1) * values);
    if (how_.mode == ResizeMode::patches) batch.sizes.push_back(picture->size);
    batch.inputs.push_back(done_);
    batch.counts.add(picture->facts);
  }
  return batch;
}

void check_pixels(std::span<const float> pixels, std::size_t count, int size) {
  const std::size_t values = 3 * static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
  if (count > pixels.size() || pixels.size() != count * values) {
    fail(ErrorCode::invalid_argument, "pixels: got {} values, expected {} pictures of {}",
         pixels.size(), count, values);
  }
  const auto bad = std::find_if_not(pixels.begin(), pixels.end(),
                                    [](float value) { return std::isfinite(value); });
  if (bad == pixels.end()) return;
  fail(ErrorCode::invalid_argument,
       "pixels: got {} in row {} of {} (counted from 1), expected finite numbers", *bad,
       static_cast<std::size_t>(bad - pixels.begin()) / values + 1, count);
}

}  // namespace diptych::api
