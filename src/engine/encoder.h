#pragma once

#include <memory>

#include "base/parallel.h"
#include "engine/operations.h"
#include "engine/weights.h"
#include "network/operations/sequences.h"
#include "tensor/tensor.h"

namespace diptych::engine {

/// Runs a model's towers over batches of any size, a part at a time, so that memory stays bounded.
/// An input's features are the same bits whatever else is in its batch and however many threads the
/// pool has. For one thread at a time; weights and pool may be shared among encoders.
class Encoder {
 public:
  Encoder(std::shared_ptr<const Weights> weights, std::shared_ptr<ThreadPool> pool);

  const Weights& weights() const { return *weights_; }

  /// Features [pictures, embedding width], float32, not normalised. Throws Error(invalid_argument)
  /// unless the pictures have the model's image size.
  TensorBuffer encode_images(const network::Pixels& pixels);

  /// Features [texts, embedding width], float32, not normalised. Throws Error(invalid_argument) for
  /// an empty text, one longer than the context, or an id outside the vocabulary.
  TensorBuffer encode_texts(const network::Tokens& tokens);

 private:
  std::shared_ptr<const Weights> weights_;
  std::shared_ptr<ThreadPool> pool_;
  Operations operations_;
};

/// Features as embeddings: every row divided by its Euclidean length. `features` is [n, width] of
/// float32.
void normalise(TensorBuffer& features);

}  // namespace diptych::engine
