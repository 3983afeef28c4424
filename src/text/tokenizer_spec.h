#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "diptych/tokenizer.h"
#include "text/repair/cleaning.h"
#include "text/sentencepiece/sentencepiece.h"
#include "text/wordpiece/wordpiece.h"

namespace diptych::text {

/// Which tokenizer a model was trained with. Its context length is the text tower's.
struct TokenizerSpec {
  enum class Kind {
    clip,
    chinese,
    wordpiece,
    sentencepiece,
    xlm_roberta,
    byte_level_bpe,
    none,  ///< one that diptych does not have: texts can only be given as token ids
  };
  Kind kind = Kind::clip;
  /// The whole vocabulary file: one token a line for `wordpiece`, a SentencePiece model for
  /// `sentencepiece` and `xlm_roberta`, a merge a line for a `clip` with other merges than CLIP's
  /// own, ByteLevelBpe's tokens and merges for `byte_level_bpe`. Empty otherwise.
  std::string vocabulary;
  /// What is done to a text first; only for those with a vocabulary, CLIP's excepted.
  Cleaning cleaning = Cleaning::none;
  /// Only for `sentencepiece` and `byte_level_bpe`.
  SpecialIds special;
  WordPieceOptions wordpiece;  ///< only for `wordpiece`
  /// Only for `clip` and `wordpiece`: a text is cleaned as transformers' tokenizers do, whose ids
  /// differ from the original programs' in what is repaired or removed. Default: the original's.
  bool as_transformers = false;
  /// Only for `clip`: how texts spell its special tokens. transformers' form has OpenAI's always.
  ClipSpecialTokens special_tokens = ClipSpecialTokens::open_clip;

  bool operator==(const TokenizerSpec&) const = default;
};

/// Returns "clip", "chinese", "wordpiece", "sentencepiece", "xlm_roberta", "byte_level_bpe",
/// "none".
std::string_view name(TokenizerSpec::Kind kind);

/// Makes a tokenizer; null for `none`. `owner` stands for the vocabulary in messages. Throws Error:
/// corrupt_data for a vocabulary that is none, unsupported.
std::shared_ptr<const Tokenizer> make_tokenizer(const TokenizerSpec& spec,
                                                const std::string& owner);

}  // namespace diptych::text
