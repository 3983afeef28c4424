#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "diptych/tokenizer.h"
#include "text/tokens/token_table.h"

namespace diptych {

/// Makes WordPiece over a vocabulary in memory, one token a line; `name` is what messages call it.
/// Throws Error(corrupt_data).
std::shared_ptr<const Tokenizer> wordpiece_tokenizer_from(std::string_view vocabulary_text,
                                                          std::string_view name);

namespace text {

struct WordPieceOptions {
  bool ends_with_separator = true;  ///< whether a text ends with [SEP]; CLIPA's do not
  /// Longer words are [UNK], in code points. Default: Chinese-CLIP's.
  int longest_word = 200;

  bool operator==(const WordPieceOptions&) const = default;
};

/// Returns whether a vocabulary is Chinese-CLIP's own, however its lines end.
bool is_chinese_vocabulary(std::string_view vocabulary_text);

/// BERT's two stages: basic tokens, each cut greedily into the longest pieces of the vocabulary
/// from left to right; a word that cannot be cut is [UNK]. A text is [CLS] pieces [SEP], cut to the
/// context length before [SEP]; CLIPA's texts (arXiv 2305.07017) have padding in its place.
class WordPiece final : public Tokenizer {
 public:
  WordPiece(std::string_view vocabulary_text, std::string_view name,
            const WordPieceOptions& options = {}, bool as_transformers = false);
  WordPiece(const WordPiece&) = delete;
  WordPiece& operator=(const WordPiece&) = delete;

  std::vector<std::int32_t> encode(std::string_view text, int context_length) const override;
  /// Returns the pieces joined by spaces, "##" pieces to what stands before them; [UNK] is kept,
  /// because it stands for a word.
  std::string decode(std::span<const std::int32_t> ids) const override;
  int vocabulary_size() const override { return static_cast<int>(tokens_.size()); }
  std::int32_t pad_id() const override { return pad_; }
  int default_context_length() const override { return 52; }

 private:
  void append_word(std::u32string_view word, std::vector<std::int32_t>& ids) const;
  std::size_t longest_piece(std::string_view rest, const TokenTable& pieces) const;
  std::int32_t special(std::string_view token, std::string_view name) const;

  std::string vocabulary_text_;
  std::vector<std::string_view> tokens_;  // into vocabulary_text_, by id
  TokenTable initial_;                    // pieces that start a word
  TokenTable continuing_;                 // "##" pieces, without the marks
  std::size_t longest_piece_ = 0;         // bytes
  std::int32_t pad_ = 0;
  std::int32_t unknown_ = 0;
  std::int32_t start_ = 0;
  std::int32_t end_ = 0;
  WordPieceOptions options_;
  bool as_transformers_ = false;
};

}  // namespace text
}  // namespace diptych
