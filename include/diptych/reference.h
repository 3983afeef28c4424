#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "diptych/arrays.h"
#include "diptych/encoder.h"
#include "diptych/export.h"
#include "diptych/model.h"

namespace diptych {

/// Encodes preprocessed inputs: "pixels" [B, 3, size, size] float32 and "tokens" [B, length] int32,
/// at least one of them. Returns "image_features" and "text_features" [B, embedding width], not
/// normalised, for the inputs there are; with both, also "logits_per_image" [B, B]: logit scale x
/// cosine similarity + logit bias. Throws Error(invalid_argument), naming the array, for a shape or
/// a type that does not fit the model, or when there is nothing to encode.
DIPTYCH_API Arrays encode_arrays(const Encoder& encoder, const Arrays& inputs);

/// Returns what shows that such inputs are hardly what the model's own preprocessing and tokenizer
/// make, one sentence each; usually none: pixels of another range, texts without their end.
DIPTYCH_API std::vector<std::string> array_notes(const Model& model, const Arrays& inputs);

/// How far one output lies from the reference's, over the rows of both.
struct Comparison {
  std::string output;  ///< the array's name
  std::size_t rows = 0;
  double relative_error = 0.0;  ///< largest over the rows: L2 of the difference over L2 expected
  double cosine = 1.0;          ///< smallest over the rows
};

/// Compares the arrays of features, embeddings and logits that both have. Throws
/// Error(invalid_argument) when there is none, or when shapes differ. Values that are not finite
/// make the relative error infinite and the cosine -1.
DIPTYCH_API std::vector<Comparison> compare(const Arrays& got, const Arrays& expected);

/// Compares what the encoder computes with the reference embeddings that the model's folder
/// carries. Throws Error(not_found) when it carries none.
DIPTYCH_API std::vector<Comparison> compare_with_own_references(const Encoder& encoder);

/// The relative error that fp32 arithmetic stays under, whatever the order of its sums.
inline constexpr double kFp32Tolerance = 1e-5;

}  // namespace diptych
