#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diptych/export.h"

namespace diptych {

/// Turns a text into the token ids a text tower was trained on. Implementations are immutable and
/// thread-safe.
class DIPTYCH_API Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Returns the ids of a UTF-8 text with its start and end tokens, not padded, at most
  /// `context_length` long: a longer text is cut as the model's family cuts it. Throws
  /// Error(invalid_argument) when the text is not UTF-8 or `context_length` cannot hold the special
  /// tokens.
  virtual std::vector<std::int32_t> encode(std::string_view text, int context_length) const = 0;

  /// Returns the text of ids, special tokens left out. Ids outside the vocabulary throw
  /// Error(invalid_argument).
  virtual std::string decode(std::span<const std::int32_t> ids) const = 0;

  /// Returns the number of ids: every id is in [0, vocabulary_size).
  virtual int vocabulary_size() const = 0;

  /// Returns what fills a row up to the context length where a fixed length is asked for.
  virtual std::int32_t pad_id() const = 0;

  /// Returns the context length of the family's published models, in tokens (77 for CLIP, 52 for
  /// Chinese-CLIP).
  virtual int default_context_length() const = 0;
};

/// Returns whether a tokenizer takes words of a text for its one unknown token, so that the text
/// tower does not see which they are. Throws Error(invalid_argument) as `encode`.
DIPTYCH_API bool has_unknown_words(const Tokenizer& tokenizer, std::string_view text);

/// How a text spells CLIP's start and end tokens, which are then taken for them: the only
/// difference between the two reference tokenizers.
enum class ClipSpecialTokens {
  open_clip,  ///< "<start_of_text>" and "<end_of_text>"
  openai,     ///< "<|startoftext|>" and "<|endoftext|>"
};

/// Makes CLIP's byte-level BPE with its text repair, the vocabulary built in.
DIPTYCH_API std::shared_ptr<const Tokenizer> clip_tokenizer(
    ClipSpecialTokens special_tokens = ClipSpecialTokens::open_clip);

/// Makes BERT's WordPiece as Chinese-CLIP uses it, the vocabulary built in.
DIPTYCH_API std::shared_ptr<const Tokenizer> chinese_tokenizer();

/// Makes WordPiece over a vocabulary file (one token a line). Throws Error: not_found, io,
/// corrupt_data.
DIPTYCH_API std::shared_ptr<const Tokenizer> wordpiece_tokenizer(
    const std::filesystem::path& vocabulary);

}  // namespace diptych
