#include "train/pairings.h"

#include <algorithm>
#include <utility>

namespace diptych::train {
namespace {

using torch::Tensor;

/// Similarities that exist at a time: 16 MiB of them.
constexpr std::int64_t kTileElements = std::int64_t{1} << 22;
/// What libtorch's normalize divides by at least.
constexpr double kLeastLength = 1e-12;

Tensor lengths_of(const Tensor& features) {
  return features.norm(2, {1}, /*keepdim=*/true).clamp_min_(kLeastLength);
}

/// The gradient of vectors from that of their directions: only what turns them counts.
Tensor through_normalisation(const Tensor& gradient, const Tensor& directions,
                             const Tensor& lengths) {
  const Tensor along = (gradient * directions).sum(1, /*keepdim=*/true);
  return (gradient - directions * along).div_(lengths);
}

}  // namespace

Tensor PairingTile::of_pictures(const Tensor& vector) const {
  return vector.narrow(0, first, cosines.size(0)).unsqueeze(1);
}

Pairings::Pairings(Tensor images, Tensor texts, Tensor groups)
    : images_(std::move(images)),
      texts_(std::move(texts)),
      groups_(std::move(groups)),
      image_lengths_(lengths_of(images_)),
      text_lengths_(lengths_of(texts_)) {}

Tensor Pairings::directions(const Tensor& features, const Tensor& lengths, std::int64_t first,
                            std::int64_t count) const {
  return features.narrow(0, first, count) / lengths.narrow(0, first, count);
}

std::int64_t Pairings::rows_per_tile() const {
  return std::clamp<std::int64_t>(kTileElements / std::max<std::int64_t>(1, count()), 1, count());
}

void Pairings::for_each(const std::function<void(PairingTile&)>& use) const {
  const std::int64_t rows = rows_per_tile();
  for (std::int64_t first = 0; first < count(); first += rows) {
    const std::int64_t here = std::min(rows, count() - first);
    PairingTile tile{.first = first};
    tile.cosines = directions(images_, image_lengths_, first, here).matmul(texts_.t());
    tile.cosines.div_(text_lengths_.t());
    if (groups_.numel() > 0) {
      const Tensor own = groups_.narrow(0, first, here).unsqueeze(1);
      tile.ignored = own.eq(groups_.unsqueeze(0)).logical_and_(own.ge(0));
      tile.ignored.diagonal(first).fill_(false);
    }
    use(tile);
  }
}

Pairings::Gradients::Gradients(const Pairings& pairings)
    : pairings_(pairings),
      images_(torch::empty_like(pairings.images_)),
      texts_(torch::zeros_like(pairings.texts_)) {}

void Pairings::Gradients::add(const PairingTile& tile, Tensor cosines) {
  const std::int64_t count = cosines.size(0);
  const Tensor pictures =
      pairings_.directions(pairings_.images_, pairings_.image_lengths_, tile.first, count);
  texts_.addmm_(cosines.t(), pictures);
  const Tensor gradient = cosines.div_(pairings_.text_lengths_.t()).matmul(pairings_.texts_);
  images_.narrow(0, tile.first, count)
      .copy_(through_normalisation(gradient, pictures,
                                   pairings_.image_lengths_.narrow(0, tile.first, count)));
}

Tensor Pairings::Gradients::texts() {
  constexpr std::int64_t kRows = 4096;
  for (std::int64_t first = 0; first < texts_.size(0); first += kRows) {
    const std::int64_t count = std::min(kRows, texts_.size(0) - first);
    Tensor rows = texts_.narrow(0, first, count);
    rows.copy_(through_normalisation(
        rows, pairings_.directions(pairings_.texts_, pairings_.text_lengths_, first, count),
        pairings_.text_lengths_.narrow(0, first, count)));
  }
  return texts_;
}

}  // namespace diptych::train
