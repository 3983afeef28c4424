#pragma once

#include <functional>
#include <memory>

#include "engine/packed_model.h"
#include "network/operations/sequences.h"
#include "tensor/tensor.h"

namespace diptych::engine {

/// Runs a packed model's towers over any number of inputs, a batch a turn, so that memory stays
/// bounded and others who share the model are served in between. An input's features are the same
/// bits whatever else is encoded with it and however many threads there are. Thread-safe.
class Encoder {
 public:
  /// `batch`: the most inputs that are computed at a time; zero: as many as suit the device.
  explicit Encoder(std::shared_ptr<PackedModel> packed, int batch = 0);

  const network::Model& model() const { return packed_->model(); }
  PackedModel& packed() const { return *packed_; }

  /// Returns how many of `total` pictures go into a batch.
  int batch_size(std::size_t total) const;

  /// Called after each batch with how many inputs are done.
  using Progress = std::function<void(int done)>;

  /// Returns features [pictures, embedding width], float32, not normalised. Throws
  /// Error(invalid_argument) unless the pictures have the model's image size.
  TensorBuffer encode_images(const network::Pixels& pixels, const Progress& progress = {}) const;

  /// Returns features [texts, embedding width], float32, not normalised; texts of like length are
  /// computed together, or where the executor shares prefixes those that begin alike. Throws
  /// Error(invalid_argument) for an empty text, one longer than the context, or an id outside the
  /// vocabulary.
  TensorBuffer encode_texts(const network::Tokens& tokens, const Progress& progress = {}) const;

 private:
  std::shared_ptr<PackedModel> packed_;
  int batch_;
  int pictures_per_batch_;
  int tokens_per_batch_;
};

/// Throws Error(invalid_argument) unless the pictures have the model's image size.
void check_image_size(const network::Model& model, const network::Pixels& pixels);

}  // namespace diptych::engine
