#include "text/tokenizer_spec.h"

#include "base/error.h"
#include "text/sentencepiece.h"
#include "text/wordpiece.h"

namespace diptych::text {

std::string_view name(TokenizerSpec::Kind kind) {
  switch (kind) {
    case TokenizerSpec::Kind::clip:
      return "clip";
    case TokenizerSpec::Kind::chinese:
      return "chinese";
    case TokenizerSpec::Kind::wordpiece:
      return "wordpiece";
    case TokenizerSpec::Kind::xlm_roberta:
      return "xlm_roberta";
    case TokenizerSpec::Kind::none:
      return "none";
  }
  fail(ErrorCode::internal, "unknown tokenizer {}", static_cast<int>(kind));
}

std::shared_ptr<const Tokenizer> make_tokenizer(const TokenizerSpec& spec,
                                                const std::string& owner) {
  switch (spec.kind) {
    case TokenizerSpec::Kind::clip:
      return clip_tokenizer();
    case TokenizerSpec::Kind::chinese:
      return chinese_tokenizer();
    case TokenizerSpec::Kind::wordpiece:
      return wordpiece_tokenizer_from(spec.vocabulary, "vocabulary of " + owner);
    case TokenizerSpec::Kind::xlm_roberta:
      return std::make_shared<const XlmRoberta>(spec.vocabulary, "vocabulary of " + owner);
    case TokenizerSpec::Kind::none:
      return nullptr;
  }
  fail(ErrorCode::internal, "unknown tokenizer {}", static_cast<int>(spec.kind));
}

}  // namespace diptych::text
