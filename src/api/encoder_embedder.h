#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "diptych/encoder.h"
#include "evaluate/embedder.h"

namespace diptych {

/// The engine's Encoder as evaluation sees it. `encoder` must outlive it.
class EncoderEmbedder final : public evaluate::Embedder {
 public:
  explicit EncoderEmbedder(const Encoder& encoder) : encoder_(encoder) {}

  EncodedImages embed_images(std::span<const std::filesystem::path> paths,
                             const evaluate::Progress& progress) const override {
    return encoder_.encode_images(paths, {.progress = progress});
  }
  Matrix embed_texts(std::span<const std::string> texts) const override {
    return encoder_.encode_texts(texts);
  }
  /// Chinese-CLIP's captions are Chinese; the other tokenizers' models read English at least too.
  PromptLanguage language() const override {
    return encoder_.model().info().tokenizer == "chinese" ? PromptLanguage::chinese
                                                          : PromptLanguage::english;
  }

 private:
  const Encoder& encoder_;
};

}  // namespace diptych
