#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "diptych/error.h"
#include "diptych/export.h"
#include "diptych/image.h"
#include "diptych/matrix.h"
#include "diptych/packed_model.h"

namespace diptych {

/// What one call computes.
struct EncodeOptions {
  /// true: embeddings, of unit L2 norm. false: features, as the tower's projection leaves them.
  bool normalise = true;
  /// Called on the calling thread after each batch, while it has no turn, with how many inputs are
  /// done and how many there are. May encode; may throw, which ends the call.
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

/// A picture file in memory, not owned.
struct PictureBytes {
  std::span<const std::byte> bytes;
  std::string name;  ///< what messages call it; empty: "picture 3", its number from 1
};

/// The encoded pictures, and those that failed: a bad picture never stops the others.
struct DIPTYCH_API EncodedImages {
  Matrix rows;                      ///< [inputs.size(), embedding width]
  std::vector<std::size_t> inputs;  ///< for every row the place of its picture, ascending
  std::vector<Failure> failures;    ///< by place, ascending
  PictureCounts counts;             ///< of the encoded ones: what a person may want to be told

  /// Returns the rows when every input has one. Throws the first failure as an Error.
  const Matrix& all() const;
};

/// The encoded texts, and those that failed: a bad text never stops the others.
struct DIPTYCH_API EncodedTexts {
  Matrix rows;                      ///< [inputs.size(), embedding width]
  std::vector<std::size_t> inputs;  ///< for every row the place of its text, ascending
  std::vector<std::size_t> cut;     ///< of them those of which the model does not read the end
  std::vector<Failure> failures;    ///< by place, ascending

  /// Returns the rows when every input has one. Throws the first failure as an Error.
  const Matrix& all() const;
};

/// Computes embeddings. An input's embedding is bit-identical whatever shares its batch and however
/// many threads there are. Copies are cheap and share the packed model. Every member may be called
/// from several threads.
class DIPTYCH_API Encoder {
 public:
  /// Shares the packed model.
  explicit Encoder(PackedModel packed);
  /// Packs the model for itself. Throws Error as PackedModel.
  explicit Encoder(Model model, const ComputeOptions& options = {});

  const Model& model() const { return packed_.model(); }
  const PackedModel& packed_model() const { return packed_; }

  /// Reads, decodes, preprocesses and encodes picture files; the next batch is read while one is
  /// computed.
  EncodedImages encode_images(std::span<const std::filesystem::path> paths,
                              const EncodeOptions& options = {}) const;
  /// Does the same of files in memory: the same pixels.
  EncodedImages encode_images(std::span<const PictureBytes> pictures,
                              const EncodeOptions& options = {}) const;
  /// Preprocesses and encodes decoded pictures.
  EncodedImages encode_images(std::span<const Image> images,
                              const EncodeOptions& options = {}) const;
  /// Encodes picture files and calls `take` on the calling thread after each batch, before
  /// `options.progress`, with what became of its pictures; places count among all. Ends when `take`
  /// returns false.
  void encode_images(std::span<const std::filesystem::path> paths, const EncodeOptions& options,
                     const std::function<bool(EncodedImages batch)>& take) const;
  /// Encodes preprocessed pictures: float32 [count, 3, size, size] with the model's image size.
  /// Returns [count, embedding width]. Throws Error(invalid_argument) when the length does not fit,
  /// and, naming the row, for NaN and infinities.
  Matrix encode_pixels(std::span<const float> pixels, std::size_t count,
                       const EncodeOptions& options = {}) const;

  /// Encodes UTF-8 texts, cut at the model's context length as its family cuts them; texts of like
  /// length are computed together. A text that is not UTF-8 is a failure with its number from 1.
  EncodedTexts encode_texts(std::span<const std::string> texts,
                            const EncodeOptions& options = {}) const;
  /// Encodes one text. Returns [embedding width]. Throws Error(invalid_argument) for a text that is
  /// not UTF-8.
  std::vector<float> encode_text(const std::string& text, const EncodeOptions& options = {}) const;
  /// Encodes token ids [count, length], padded as the model's family pads. Returns [count,
  /// embedding width]. Throws Error(invalid_argument) when an id is outside the vocabulary, the
  /// length is not a multiple of `count`, or a row is longer than the context.
  Matrix encode_tokens(std::span<const std::int32_t> ids, std::size_t count,
                       const EncodeOptions& options = {}) const;

 private:
  PackedModel packed_;
};

}  // namespace diptych
