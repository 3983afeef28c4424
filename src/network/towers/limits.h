#pragma once

#include <string>

#include "network/blocks/projection.h"

// The limits that keep a hostile config from asking for absurd memory, and the checks that name the
// field. All throw Error(invalid_argument).

namespace diptych::network {

inline constexpr int kMaxImageSize = 16384;
inline constexpr int kMaxWidth = 1 << 17;
inline constexpr int kMaxLayers = 1024;
inline constexpr int kMaxContextLength = 1 << 16;
inline constexpr int kMaxVocabularySize = 1 << 24;

void check_range(const std::string& field, int value, int low, int high);
void check_divides(const char* divisor_name, int divisor, const std::string& field, int value);

/// Checks a projection: without one a tower's rows are the features.
void check_projection(const std::string& field, Projection projection, int width,
                      int embedding_width);

/// Checks what all transformers have; `tower` is "vision", "text" or "decoder".
template <typename Config>
void check_transformer(const std::string& tower, const Config& config) {
  check_range(tower + " width", config.width, 1, kMaxWidth);
  check_range(tower + " layers", config.layers, 1, kMaxLayers);
  check_range(tower + " heads", config.heads, 1, config.width);
  check_range(tower + " mlp width", config.mlp_width, 1, kMaxWidth);
  check_divides((tower + " heads").c_str(), config.heads, tower + " width", config.width);
}

/// Checks a picture's size and its patches'.
template <typename Config>
void check_patches(const Config& config) {
  check_range("image_size", config.image_size, 1, kMaxImageSize);
  check_range("patch_size", config.patch_size, 1, config.image_size);
}

/// Checks what all text towers have.
template <typename Config>
void check_texts(const Config& config) {
  check_range("context_length", config.context_length, 1, kMaxContextLength);
  check_range("vocab_size", config.vocabulary_size, 1, kMaxVocabularySize);
}

}  // namespace diptych::network
