#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "diptych/encoder.h"
#include "diptych/matrix.h"
#include "diptych/prompts.h"

namespace diptych::evaluate {

using Progress = std::function<void(std::size_t done, std::size_t total)>;

/// Whatever can turn pictures and texts into embeddings: the engine's Encoder, a model in training.
class Embedder {
 public:
  virtual ~Embedder() = default;
  /// Returns unit rows for the pictures that could be encoded; the others are in `failures`.
  virtual EncodedImages embed_images(std::span<const std::filesystem::path> paths,
                                     const Progress& progress) const = 0;
  /// Returns unit rows [texts.size(), embedding width]. Throws Error(invalid_argument) for text
  /// that is not UTF-8.
  virtual Matrix embed_texts(std::span<const std::string> texts) const = 0;
  /// What the text tower does not get of a text.
  struct Loss {
    bool is_cut = false;              ///< it is longer than the context, and its end is lost
    bool has_unknown_words = false;   ///< the tokenizer has nothing for some of it
    bool has_special_tokens = false;  ///< some of it is taken for the text's start or end
    bool has_html_entities = false;   ///< "&amp;" in it is taken for words
  };
  virtual Loss loss_of(const std::string& text) const {
    (void)text;
    return {};
  }
  /// Returns the language of the texts that the model was trained on, where it is one.
  virtual PromptLanguage language() const { return PromptLanguage::english; }
};

}  // namespace diptych::evaluate
