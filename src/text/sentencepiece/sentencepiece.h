#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diptych/tokenizer.h"
#include "text/tokens/special_ids.h"

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace diptych::text {

/// A SentencePiece model (arXiv 1808.06226; unigram or BPE), as its own library runs it. Immutable
/// and thread-safe.
class SentencePiece {
 public:
  /// `model` is the content of a .model file, `name` what messages call it. Throws Error:
  /// corrupt_data, unsupported.
  SentencePiece(std::string_view model, std::string_view name);
  ~SentencePiece();

  /// Returns the pieces of a UTF-8 text, normalised as the model says, without start and end.
  std::vector<std::int32_t> encode(std::string_view text) const;
  std::string decode(const std::vector<std::int32_t>& pieces) const;
  int size() const;
  std::string piece(int i) const;

 private:
  std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
};

/// A SentencePiece model with the special ids that its family puts around a text: T5's (c4-en and
/// mc4, arXiv 1910.10683, SigLIP's) and Gemma's (SigLIP 2's) have only an end. Its ids are the
/// model's.
class SentencePieceTokenizer final : public Tokenizer {
 public:
  /// As SentencePiece's; throws also Error(corrupt_data) for special ids that the model lacks.
  SentencePieceTokenizer(std::string_view model, const SpecialIds& special, std::string_view name);

  /// Returns the ids of a text; one that is too long is cut before its end.
  std::vector<std::int32_t> encode(std::string_view text, int context_length) const override;
  std::string decode(std::span<const std::int32_t> ids) const override;
  int vocabulary_size() const override { return pieces_.size(); }
  std::int32_t pad_id() const override { return special_.pad; }
  int default_context_length() const override { return 64; }

 private:
  SentencePiece pieces_;
  SpecialIds special_;
};

/// XLM-R's tokenizer (arXiv 1911.02116): the pieces between <s> and </s>. Its ids are fairseq's:
/// <s> 0, <pad> 1, </s> 2, <unk> 3, every other piece one more than in the model, and <mask> last.
class XlmRoberta final : public Tokenizer {
 public:
  /// As SentencePiece's; the model's first pieces must be <unk>, <s> and </s>.
  XlmRoberta(std::string_view model, std::string_view name);

  /// Returns the ids of a text; one that is too long is cut before </s>.
  std::vector<std::int32_t> encode(std::string_view text, int context_length) const override;
  std::string decode(std::span<const std::int32_t> ids) const override;
  int vocabulary_size() const override { return pieces_.size() + 2; }
  std::int32_t pad_id() const override { return 1; }
  int default_context_length() const override { return 77; }

 private:
  SentencePiece pieces_;
};

}  // namespace diptych::text
