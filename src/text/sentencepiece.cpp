#include "text/sentencepiece.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "text/clip_words.h"
#include "text/unicode.h"

namespace diptych::text {
namespace {

constexpr std::int32_t kStart = 0;
constexpr std::int32_t kEnd = 2;
constexpr std::int32_t kUnknown = 3;
/// What fairseq's numbering adds to a piece's own number.
constexpr std::int32_t kOffset = 1;

/// Runs of whitespace become one space, none at the ends, as Python's " ".join(text.split()).
std::u32string collapse_whitespace(std::u32string_view text) {
  std::u32string result;
  bool pending = false;
  for (const char32_t character : text) {
    if (is_whitespace(character)) {
      pending = !result.empty();
      continue;
    }
    if (pending) result += U' ';
    pending = false;
    result += character;
  }
  return result;
}

}  // namespace

SentencePiece::SentencePiece(std::string_view model, std::string_view name)
    : processor_(std::make_unique<sentencepiece::SentencePieceProcessor>()) {
  const auto status = processor_->LoadFromSerializedProto(model);
  if (!status.ok()) {
    fail(ErrorCode::corrupt_data, "tokenizer: got no SentencePiece model: {} ({})",
         status.error_message(), name);
  }
}

SentencePiece::~SentencePiece() = default;

std::vector<std::int32_t> SentencePiece::encode(std::string_view text) const {
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
  if (context_length < 2) {
    fail(ErrorCode::invalid_argument,
         "context length: got {}, expected at least 2 for the start and the end", context_length);
  }
  const std::u32string clean = collapse_whitespace(clip_repair(decode_utf8(text)));
  std::vector<std::int32_t> ids = {kStart};
  for (const std::int32_t piece : pieces_.encode(encode_utf8(clean)))
    ids.push_back(piece == 0 ? kUnknown : piece + kOffset);
  ids.resize(std::min(ids.size(), static_cast<std::size_t>(context_length) - 1));
  ids.push_back(kEnd);
  return ids;
}

std::string XlmRoberta::decode(std::span<const std::int32_t> ids) const {
  std::vector<std::int32_t> pieces;
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= vocabulary_size()) {
      fail(ErrorCode::invalid_argument, "token id: got {}, expected less than {}", id,
           vocabulary_size());
    }
    const bool special = id < kUnknown || id == vocabulary_size() - 1;
    if (!special) pieces.push_back(id == kUnknown ? 0 : id - kOffset);
  }
  return pieces_.decode(pieces);
}

}  // namespace diptych::text
