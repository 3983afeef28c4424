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
  explicit EncoderEmbedder(const Encoder& encoder, const DecodeOptions& decode = {})
      : encoder_(encoder), decode_(decode) {}

  EncodedImages embed_images(std::span<const std::filesystem::path> paths,
                             const evaluate::Progress& progress) const override {
    return encoder_.encode_images(paths, {.progress = progress, .decode = decode_});
  }
  Matrix embed_texts(std::span<const std::string> texts) const override {
    return encoder_.encode_texts(texts);
  }

 private:
  const Encoder& encoder_;
  DecodeOptions decode_;
};

}  // namespace diptych
