#include "text/tokenizer_spec.h"

#include "base/error.h"
#include "text/bpe/byte_level_bpe.h"
#include "text/bpe/clip_bpe.h"

namespace diptych::text {
namespace {

std::shared_ptr<const Tokenizer> make_bare(const TokenizerSpec& spec, const std::string& owner) {
  const std::string name = "vocabulary of " + owner;
  const auto special = spec.as_transformers ? ClipSpecialTokens::openai : spec.special_tokens;
  switch (spec.kind) {
    case TokenizerSpec::Kind::clip:
      if (spec.vocabulary.empty())
        return spec.as_transformers ? transformers_clip_tokenizer() : clip_tokenizer(special);
      return std::make_shared<const ClipBpe>(
          spec.vocabulary, special,
          spec.as_transformers ? ClipBpe::Form::transformers : ClipBpe::Form::own);
    case TokenizerSpec::Kind::chinese:
      return chinese_tokenizer();
    case TokenizerSpec::Kind::wordpiece:
      return std::make_shared<const WordPiece>(spec.vocabulary, name, spec.wordpiece,
                                               spec.as_transformers);
    case TokenizerSpec::Kind::sentencepiece:
      return std::make_shared<const SentencePieceTokenizer>(spec.vocabulary, spec.special, name);
    case TokenizerSpec::Kind::xlm_roberta:
      return std::make_shared<const XlmRoberta>(spec.vocabulary, name);
    case TokenizerSpec::Kind::byte_level_bpe:
      return std::make_shared<const ByteLevelBpe>(spec.vocabulary, spec.special, name);
    case TokenizerSpec::Kind::none:
      return nullptr;
  }
  fail(ErrorCode::internal, "unknown tokenizer {}", static_cast<int>(spec.kind));
}

}  // namespace

std::string_view name(TokenizerSpec::Kind kind) {
  switch (kind) {
    case TokenizerSpec::Kind::clip:
      return "clip";
    case TokenizerSpec::Kind::chinese:
      return "chinese";
    case TokenizerSpec::Kind::wordpiece:
      return "wordpiece";
    case TokenizerSpec::Kind::sentencepiece:
      return "sentencepiece";
    case TokenizerSpec::Kind::xlm_roberta:
      return "xlm_roberta";
    case TokenizerSpec::Kind::byte_level_bpe:
      return "byte_level_bpe";
    case TokenizerSpec::Kind::none:
      return "none";
  }
  fail(ErrorCode::internal, "unknown tokenizer {}", static_cast<int>(kind));
}

std::shared_ptr<const Tokenizer> make_tokenizer(const TokenizerSpec& spec,
                                                const std::string& owner) {
  auto bare = make_bare(spec, owner);
  if (bare == nullptr || spec.cleaning == Cleaning::none) return bare;
  return std::make_shared<const CleaningTokenizer>(spec.cleaning, std::move(bare));
}

}  // namespace diptych::text
