#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>

namespace diptych::train {

/// Some pictures of a batch against all of its texts.
struct PairingTile {
  std::int64_t first = 0;  ///< number of the first of the pictures
  torch::Tensor cosines;   ///< [pictures, n]
  /// [pictures, n]: true where the two are of different pairs of one group. Undefined: nowhere.
  torch::Tensor ignored;

  /// Returns a vector of n, one a picture, narrowed to the tile's pictures and as a column.
  torch::Tensor of_pictures(const torch::Tensor& vector) const;
};

/// All pairings of n pictures with n texts, some pictures at a time: the matrix of all similarities
/// never exists, so that memory is O(n), not O(n^2).
class Pairings {
 public:
  /// Features [n, width], float32, not normalised. `groups`: int64 [n] as contrastive_loss takes
  /// them, or empty.
  Pairings(torch::Tensor images, torch::Tensor texts, torch::Tensor groups);

  std::int64_t count() const { return images_.size(0); }
  /// Calls `use` for tiles that together are all pairings, in order.
  void for_each(const std::function<void(PairingTile&)>& use) const;

  /// Gradients of the features, from gradients of the cosines tile by tile.
  class Gradients {
   public:
    explicit Gradients(const Pairings& pairings);
    /// Adds a tile; `cosines` is used up.
    void add(const PairingTile& tile, torch::Tensor cosines);
    torch::Tensor images() const { return images_; }
    /// Ends the adding up: called once, after the last tile.
    torch::Tensor texts();

   private:
    const Pairings& pairings_;
    torch::Tensor images_;
    torch::Tensor texts_;
  };

 private:
  torch::Tensor directions(const torch::Tensor& features, const torch::Tensor& lengths,
                           std::int64_t first, std::int64_t count) const;
  std::int64_t rows_per_tile() const;

  torch::Tensor images_;
  torch::Tensor texts_;
  torch::Tensor groups_;
  torch::Tensor image_lengths_;  ///< [n, 1]
  torch::Tensor text_lengths_;   ///< [n, 1]
};

}  // namespace diptych::train
