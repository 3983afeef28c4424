#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diptych/tokenizer.h"

namespace diptych::text {

/// What is done to a text before another tokenizer than CLIP's sees it.
enum class Cleaning {
  none,
  // open_clip's, which repair a text as for CLIP and collapse its whitespace
  whitespace,    ///< no more than that
  lower,         ///< lower case
  canonicalize,  ///< underscores become spaces, ASCII punctuation goes, lower case (SigLIP)
  // transformers', which repair nothing
  only_lower,          ///< lower case, no more (SigLIP 2)
  remove_punctuation,  ///< ASCII punctuation goes, lower case, whitespace collapsed (SigLIP)
};

std::string clean(std::string_view text, Cleaning cleaning);

/// Another tokenizer after a cleaning.
class CleaningTokenizer final : public Tokenizer {
 public:
  CleaningTokenizer(Cleaning cleaning, std::shared_ptr<const Tokenizer> inner)
      : cleaning_(cleaning), inner_(std::move(inner)) {}

  std::vector<std::int32_t> encode(std::string_view text, int context_length) const override {
    return inner_->encode(clean(text, cleaning_), context_length);
  }
  std::string decode(std::span<const std::int32_t> ids) const override {
    return inner_->decode(ids);
  }
  int vocabulary_size() const override { return inner_->vocabulary_size(); }
  std::int32_t pad_id() const override { return inner_->pad_id(); }
  int default_context_length() const override { return inner_->default_context_length(); }

 private:
  Cleaning cleaning_;
  std::shared_ptr<const Tokenizer> inner_;
};

}  // namespace diptych::text
