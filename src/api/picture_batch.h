#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/prefetcher.h"
#include "diptych/encoder.h"
#include "diptych/image.h"
#include "network/operations/sequences.h"

namespace diptych::api {

/// Moves the values of a batch to the end of those before.
template <typename Value>
void append(std::vector<Value> from, std::vector<Value>& to) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

/// Some neighbouring pictures of a call, preprocessed: those that could be read.
struct PictureBatch {
  std::size_t end = 0;                      ///< the place after the last one's
  std::vector<float> pixels;                ///< as network::Pixels
  std::vector<network::PictureSize> sizes;  ///< where the pictures differ in size; otherwise empty
  std::vector<std::size_t> inputs;          ///< the place of every picture, ascending
  std::vector<Failure> failures;            ///< by place, ascending
  PictureCounts counts;                     ///< of those that could be read
};

/// Reads and preprocesses the pictures of a call on threads of its own, two batches ahead of their
/// use. For one thread.
class PictureReader {
 public:
  /// Returns picture i, resized and cropped, or throws; it is called from several threads.
  using Read = std::function<Image(std::size_t i)>;

  /// `how` must outlive the reader. One picture is read by `next` itself.
  PictureReader(std::size_t total, Read read, const Preprocessing& how, std::size_t batch,
                int threads);

  /// Returns the next batch, or nothing after the last.
  std::optional<PictureBatch> next();

 private:
  struct Picture {
    std::vector<float> pixels;
    network::PictureSize size;
    PictureFacts facts;
    std::optional<Failure> failure;
  };
  Picture prepare(std::size_t i) const;

  const Read read_;
  const Preprocessing& how_;
  const std::size_t total_;
  const std::size_t batch_;
  std::size_t issued_ = 0;
  std::size_t done_ = 0;
  Prefetcher<std::size_t, Picture> pictures_;  ///< last: its threads use the others
};

/// Throws Error(invalid_argument) unless the pixels are [count, 3, size, size] and, naming the row,
/// when they hold NaN or an infinity: a tower would make NaN of the whole row.
void check_pixels(std::span<const float> pixels, std::size_t count, int size);

}  // namespace diptych::api
