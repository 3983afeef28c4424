#include "text/sentencepiece/sentencepiece.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/utf8.h"
#include "text/sentencepiece/sentencepiece_model.h"

namespace diptych::text {
namespace {

// fairseq's numbers
constexpr std::int32_t kStart = 0;
constexpr std::int32_t kEnd = 2;
constexpr std::int32_t kUnknown = 3;
/// What fairseq's numbering adds to a piece's own number.
constexpr std::int32_t kOffset = 1;

void check_text(std::string_view text) {
  if (!is_utf8(text)) fail(ErrorCode::invalid_argument, "text: got bytes that are not UTF-8");
}

}  // namespace

SentencePiece::SentencePiece(std::string_view model, std::string_view name)
    : processor_(std::make_unique<sentencepiece::SentencePieceProcessor>()) {
  // The library sees only what was checked.
  const auto status =
      processor_->LoadFromSerializedProto(serialise(parse_sentencepiece_model(model, name)));
  if (!status.ok()) {
    fail(ErrorCode::corrupt_data, "tokenizer: got no SentencePiece model: {} ({})",
         status.error_message(), name);
  }
}

SentencePiece::~SentencePiece() = default;

std::vector<std::int32_t> SentencePiece::encode(std::string_view text) const {
  check_text(text);
  std::vector<int> pieces;
  const auto status = processor_->Encode(text, &pieces);
  ensure(status.ok(), "a SentencePiece model encodes any text");
  return pieces;
}

std::string SentencePiece::decode(const std::vector<std::int32_t>& pieces) const {
  std::string text;
  const auto status = processor_->Decode(pieces, &text);
  ensure(status.ok(), "a SentencePiece model decodes its own pieces");
  return text;
}

int SentencePiece::size() const {
  return processor_->GetPieceSize();
}

std::string SentencePiece::piece(int i) const {
  return processor_->IdToPiece(i);
}

SentencePieceTokenizer::SentencePieceTokenizer(std::string_view model, const SpecialIds& special,
                                               std::string_view name)
    : pieces_(model, name), special_(special) {
  for (const std::int32_t id : {special.start, special.end, special.pad}) {
    if (id < SpecialIds::kNone || id >= pieces_.size()) {
      fail(ErrorCode::corrupt_data, "tokenizer: special id: got {}, expected less than {} ({})", id,
           pieces_.size(), name);
    }
  }
}

std::vector<std::int32_t> SentencePieceTokenizer::encode(std::string_view text,
                                                         int context_length) const {
  return surround(special_, pieces_.encode(text), context_length);
}

std::string SentencePieceTokenizer::decode(std::span<const std::int32_t> ids) const {
  std::vector<std::int32_t> pieces;
  for (const std::int32_t id : ids) {
    check_id(id, vocabulary_size());
    if (id != special_.start && id != special_.end && id != special_.pad) pieces.push_back(id);
  }
  return pieces_.decode(pieces);
}

XlmRoberta::XlmRoberta(std::string_view model, std::string_view name) : pieces_(model, name) {
  constexpr std::array<std::string_view, 3> kFirst = {"<unk>", "<s>", "</s>"};
  for (int i = 0; i < static_cast<int>(kFirst.size()); ++i) {
    const std::string got = i < pieces_.size() ? pieces_.piece(i) : "nothing";
    if (got != kFirst.at(static_cast<std::size_t>(i))) {
      fail(ErrorCode::corrupt_data, "tokenizer: piece {}: got {}, expected {} as in XLM-R ({})", i,
           got, kFirst.at(static_cast<std::size_t>(i)), name);
    }
  }
}

std::vector<std::int32_t> XlmRoberta::encode(std::string_view text, int context_length) const {
  std::vector<std::int32_t> ids = pieces_.encode(text);
  for (std::int32_t& id : ids) id = id == 0 ? kUnknown : id + kOffset;
  return surround({.start = kStart, .end = kEnd}, ids, context_length);
}

std::string XlmRoberta::decode(std::span<const std::int32_t> ids) const {
  std::vector<std::int32_t> pieces;
  for (const std::int32_t id : ids) {
    check_id(id, vocabulary_size());
    const bool special = id < kUnknown || id == vocabulary_size() - 1;
    if (!special) pieces.push_back(id == kUnknown ? 0 : id - kOffset);
  }
  return pieces_.decode(pieces);
}

}  // namespace diptych::text
