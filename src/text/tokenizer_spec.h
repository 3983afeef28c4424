#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "diptych/tokenizer.h"

namespace diptych::text {

/// Which tokenizer a model was trained with. Its context length is the text tower's.
struct TokenizerSpec {
  enum class Kind {
    clip,
    chinese,
    wordpiece,
    xlm_roberta,
    none,  ///< one that diptych does not have: texts can only be given as token ids
  };
  Kind kind = Kind::clip;
  /// The whole vocabulary file: one token a line for `wordpiece`, a SentencePiece model for
  /// `xlm_roberta`. Empty otherwise.
  std::string vocabulary;

  bool operator==(const TokenizerSpec&) const = default;
};

/// "clip", "chinese", "wordpiece", "xlm_roberta", "none".
std::string_view name(TokenizerSpec::Kind kind);

/// Null for `none`. `owner` stands for the vocabulary in messages. Throws Error(corrupt_data) for a
/// vocabulary that is none.
std::shared_ptr<const Tokenizer> make_tokenizer(const TokenizerSpec& spec,
                                                const std::string& owner);

}  // namespace diptych::text
