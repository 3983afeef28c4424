#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "diptych/tokenizer.h"
#include "text/bpe/byte_pair_merge.h"
#include "text/tokens/special_ids.h"
#include "text/tokens/token_table.h"

namespace diptych::text {

/// Cuts a text where GPT-2's pattern does: the endings of English contractions ('s 't 're 've 'm
/// 'll 'd), runs of letters, of numbers and of anything else, each with the space before it, and
/// runs of whitespace, of which the last one before a word is its own. Views into `text`.
std::vector<std::u32string_view> byte_level_words(std::u32string_view text);

/// GPT-2's byte-level BPE (Radford et al., 2019) with RoBERTa's ids and special tokens (arXiv
/// 1907.11692). Case and whitespace count; every text can be spelt, since every byte is a token.
class ByteLevelBpe final : public Tokenizer {
 public:
  /// `vocabulary`: a token a line in the order of ids, an empty line, then the merges by rank,
  /// "left right", one a line; bytes written as `token_bytes` reads them. A token that is neither a
  /// byte nor made by a merge never stands for text. `name` is what messages call it. Throws
  /// Error(corrupt_data), also for special ids that the vocabulary lacks.
  ByteLevelBpe(std::string_view vocabulary, const SpecialIds& special, std::string_view name);
  ByteLevelBpe(const ByteLevelBpe&) = delete;
  ByteLevelBpe& operator=(const ByteLevelBpe&) = delete;

  /// Returns the ids of a text; one that is too long is cut before its end.
  std::vector<std::int32_t> encode(std::string_view text, int context_length) const override;
  /// Returns the text of ids; bytes that are not UTF-8 together become U+FFFD.
  std::string decode(std::span<const std::int32_t> ids) const override;
  int vocabulary_size() const override { return static_cast<int>(tokens_.size()); }
  std::int32_t pad_id() const override { return special_.pad; }
  int default_context_length() const override { return 77; }

 private:
  struct Merge {
    IdPair pair;
    std::int32_t made;
  };
  struct PairHash {
    std::size_t operator()(const IdPair& pair) const;
  };
  /// What merge_pairs asks for.
  struct Merges;

  void add_tokens(std::string_view lines, std::string_view name);
  void add_merges(std::string_view lines, std::string_view name);
  void find_bytes(std::string_view name);

  SpecialIds special_;
  std::vector<std::string> tokens_;  // bytes by id
  std::vector<bool> is_text_;        // by id
  TokenTable ids_;                   // views into tokens_
  std::array<std::int32_t, 256> bytes_ = {};
  std::vector<Merge> merges_;  // by rank
  std::unordered_map<IdPair, std::int32_t, PairHash> ranks_;
};

}  // namespace diptych::text
