#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "diptych/tokenizer.h"
#include "text/bpe/added_tokens.h"
#include "text/bpe/byte_pair_merge.h"
#include "text/tokens/token_table.h"

namespace diptych::text {

/// Returns whether these are CLIP's own merges, one a line.
bool are_published_merges(std::string_view merges);

/// CLIP's byte-level BPE (Radford et al., 2021; Sennrich et al., 2016). Tokens are the 256 bytes,
/// the 256 bytes that end a word, one token for each merge in the order of the merges (their rank),
/// start of text, end of text. A text is start, tokens, end; when it is longer than the context,
/// the last place holds the end.
class ClipBpe final : public Tokenizer {
 public:
  /// What is done to a text before it is cut into words.
  enum class Form {
    own,           ///< OpenAI's and open_clip's: repaired, lower case
    transformers,  ///< special tokens are cut out first; composed, lower case, nothing repaired
  };

  /// `compressed_merges`: bpe_simple_vocab_16e6.txt.gz. Throws Error(corrupt_data).
  ClipBpe(std::span<const std::byte> compressed_merges, ClipSpecialTokens special_tokens,
          Form form = Form::own);
  /// `merges`: "left right", one a line, as Hugging Face's tokenizer.json writes them; and, after
  /// an empty line, added tokens (text/bpe/added_tokens.h), which only the transformers' form cuts
  /// out. Throws Error: corrupt_data; unsupported for added tokens in our own form.
  ClipBpe(std::string_view merges, ClipSpecialTokens special_tokens, Form form = Form::own);
  ClipBpe(const ClipBpe&) = delete;
  ClipBpe& operator=(const ClipBpe&) = delete;

  std::vector<std::int32_t> encode(std::string_view text, int context_length) const override;
  /// Returns the text of ids: each word is followed by a space; bytes that are not UTF-8 together
  /// become U+FFFD.
  std::string decode(std::span<const std::int32_t> ids) const override;
  int vocabulary_size() const override { return vocabulary_size_; }
  std::int32_t pad_id() const override { return 0; }
  int default_context_length() const override { return 77; }

  /// Returns the ids of one word (UTF-8, not empty) by merging alone, the lowest rank first.
  /// `encode` looks whole words up instead where it can, which gives the same.
  std::vector<std::int32_t> merge(std::string_view word) const;

 private:
  struct Merges;

  ClipBpe(ClipSpecialTokens special_tokens, Form form, std::string_view merges, std::int32_t count);
  void add_tokens(std::string_view lines);

  void append_own(std::u32string_view text, std::size_t limit,
                  std::vector<std::int32_t>& ids) const;
  void append_as_transformers(std::u32string_view text, std::size_t limit,
                              std::vector<std::int32_t>& ids) const;
  void append_cleaned(std::u32string_view text, std::size_t limit,
                      std::vector<std::int32_t>& ids) const;

  std::int32_t start() const { return static_cast<std::int32_t>(tokens_.size()); }
  std::int32_t end() const { return start() + 1; }
  void add_token(std::int32_t id, std::string bytes, bool ends_word);
  void add_merge(std::int32_t id, std::string_view line);
  bool joins(std::int32_t id, IdPair neighbours) const;
  std::int32_t merged_id(std::string_view bytes, bool ends_word, IdPair neighbours) const;
  void append_word(std::u32string_view word, std::vector<std::int32_t>& ids) const;
  std::string added_text(std::int32_t id) const;
  void append_bytes(std::string_view bytes, std::vector<std::int32_t>& ids) const;

  std::array<std::u32string_view, 2> special_tokens_;
  Form form_;
  std::vector<AddedToken> raw_tokens_;      // looked for in a text as it is, the special ones too
  std::vector<AddedToken> cleaned_tokens_;  // looked for in a cleaned text
  int vocabulary_size_ = 0;
  std::vector<std::string> tokens_;  // bytes by id, without the two special tokens
  std::vector<bool> ends_word_;      // by id
  TokenTable inner_;                 // views into tokens_
  TokenTable ending_;                // tokens that end a word
  std::vector<IdPair> merges_;       // by rank: the ids that are joined
  bool looks_words_up_ = false;      // whether merging gives every word that is a token that token
};

/// Makes the tokenizer of CLIP's own merges in transformers' form.
std::shared_ptr<const Tokenizer> transformers_clip_tokenizer();

}  // namespace diptych::text
