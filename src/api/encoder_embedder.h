#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "diptych/encoder.h"
#include "diptych/special_tokens.h"
#include "evaluate/embedder.h"

namespace diptych {

/// The engine's Encoder as evaluation sees it. `encoder` must outlive it.
class EncoderEmbedder final : public evaluate::Embedder {
 public:
  explicit EncoderEmbedder(const Encoder& encoder, const DecodeOptions& decode = {})
      : encoder_(encoder), decode_(decode) {}

  EncodedImages embed_images(std::span<const std::filesystem::path> paths,
                             const evaluate::Progress& progress) const override {
    return encoder_.encode_images(paths, {.progress = progress, .decode = decode_});
  }
  Matrix embed_texts(std::span<const std::string> texts) const override {
    return encoder_.encode_texts(texts).all();
  }
  Loss loss_of(const std::string& text) const override {
    constexpr int kWithoutLimit = 1 << 20;
    const Tokenizer& tokenizer = encoder_.model().tokenizer();
    const std::size_t tokens = tokenizer.encode(text, kWithoutLimit).size();
    return {.is_cut = tokens > static_cast<std::size_t>(encoder_.model().info().context_length),
            .has_unknown_words = has_unknown_words(tokenizer, text),
            .has_special_tokens = has_special_tokens(tokenizer, text),
            .has_html_entities = has_html_entities(tokenizer, text)};
  }
  /// Returns Chinese for Chinese-CLIP, whose captions are Chinese; the other tokenizers' models
  /// read English at least too.
  PromptLanguage language() const override {
    return encoder_.model().info().tokenizer == "chinese" ? PromptLanguage::chinese
                                                          : PromptLanguage::english;
  }

 private:
  const Encoder& encoder_;
  DecodeOptions decode_;
};

}  // namespace diptych
