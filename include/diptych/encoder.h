#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "diptych/error.h"
#include "diptych/image.h"
#include "diptych/matrix.h"
#include "diptych/model.h"

namespace diptych {

/// Arithmetic of the towers. Weights are kept in it too.
enum class Precision { fp32, bf16, int8 };

struct EncoderOptions {
  /// Threads that compute, the caller included. Zero: one for each CPU the process may use.
  int threads = 0;
  /// Pictures or texts computed at a time. Larger is faster up to a point and takes more memory (a
  /// ViT-B/32 picture: about 1 MB); the results do not depend on it. Zero: 32.
  int batch = 0;
  Precision precision = Precision::fp32;
};

/// What one call computes.
struct EncodeOptions {
  /// true: embeddings, of unit L2 norm. false: features, as the tower's projection leaves them.
  bool normalise = true;
  /// Called on the calling thread after each batch with how many inputs are done and how many there
  /// are. May throw, which ends the call.
  std::function<void(std::size_t done, std::size_t total)> progress;
  /// How picture files are read. Default: as the reference systems do, so not turned upright.
  DecodeOptions decode = {};
};

/// An input that could not be encoded.
struct Failure {
  std::size_t index = 0;  ///< its place among the inputs
  ErrorCode code = ErrorCode::internal;
  std::string message;  ///< one line, naming the file where there is one
};

/// The encoded pictures, and those that failed: a bad picture never stops the others.
struct EncodedImages {
  Matrix rows;                      ///< [inputs.size(), embedding width]
  std::vector<std::size_t> inputs;  ///< for every row the place of its picture, ascending
  std::vector<Failure> failures;    ///< by place, ascending
  PictureCounts counts;             ///< of the encoded ones: what a person may want to be told
};

/// Computes embeddings. An input's embedding is bit-identical whatever shares its batch and however
/// many threads there are. Every member may be called from several threads; the calls take turns.
class Encoder {
 public:
  /// Packs the model's weights for this CPU. Throws Error: invalid_argument for negative options,
  /// unsupported for a precision that this build does not have, out_of_memory.
  explicit Encoder(Model model, const EncoderOptions& options = {});
  ~Encoder();
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;

  const Model& model() const;

  /// Reads, decodes, preprocesses and encodes picture files.
  EncodedImages encode_images(std::span<const std::filesystem::path> paths,
                              const EncodeOptions& options = {}) const;
  /// Preprocesses and encodes decoded pictures.
  EncodedImages encode_images(std::span<const Image> images,
                              const EncodeOptions& options = {}) const;
  /// Encodes preprocessed pictures: float32 [count, 3, size, size] with the model's image size.
  /// Returns [count, embedding width]. Throws Error(invalid_argument) when the length does not fit.
  Matrix encode_pixels(std::span<const float> pixels, std::size_t count,
                       const EncodeOptions& options = {}) const;

  /// Encodes UTF-8 texts, cut at the model's context length as its family cuts them. Returns
  /// [texts.size(), embedding width]. Throws Error(invalid_argument), naming the text by its number
  /// from 1, for one that is not UTF-8.
  Matrix encode_texts(std::span<const std::string> texts, const EncodeOptions& options = {}) const;
  /// Encodes token ids [count, length], padded as the model's family pads. Returns [count,
  /// embedding width]. Throws Error(invalid_argument) when an id is outside the vocabulary, the
  /// length is not a multiple of `count`, or a row is longer than the context.
  Matrix encode_tokens(std::span<const std::int32_t> ids, std::size_t count,
                       const EncodeOptions& options = {}) const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace diptych
