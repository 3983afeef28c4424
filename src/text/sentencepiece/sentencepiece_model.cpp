#include "text/sentencepiece/sentencepiece_model.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "text/sentencepiece/character_map.h"
#include "text/sentencepiece/protocol_buffer.h"

// The format: sentencepiece_model.proto of SentencePiece 0.1.97, in the encoding of protocol
// buffers.

namespace diptych::text {
namespace {

using Algorithm = SentencePieceModel::Algorithm;
using Piece = SentencePieceModel::Piece;
using PieceType = SentencePieceModel::PieceType;

constexpr std::size_t kMaxPieces = 1 << 22;
constexpr std::size_t kMaxPieceBytes = 1024;
/// How many user-defined pieces may start with each other: as many as the library has room for.
constexpr std::size_t kMaxNested = 63;

// numbers of the fields
constexpr int kPieces = 1;
constexpr int kTrainer = 2;
constexpr int kNormaliser = 3;
constexpr int kPieceText = 1;
constexpr int kPieceScore = 2;
constexpr int kPieceType = 3;
constexpr int kModelType = 3;
constexpr int kWhitespaceAsSuffix = 24;
constexpr int kByteFallback = 35;
constexpr int kCharacterMap = 2;
constexpr int kDummyPrefix = 3;
constexpr int kRemoveExtraWhitespaces = 4;
constexpr int kEscapeWhitespaces = 5;

Piece parse_piece(std::string_view bytes, std::string_view name) {
  Piece piece;
  MessageReader reader(bytes, name);
  while (const auto field = reader.next()) {
    if (field->number == kPieceText) piece.text = field->bytes;
    if (field->number == kPieceScore) piece.score = field->real();
    if (field->number != kPieceType) continue;
    if (field->value < 1 || field->value > 6)
      fail(ErrorCode::corrupt_data, "SentencePiece model: got a piece of type {} ({})",
           field->value, name);
    piece.type = static_cast<PieceType>(field->value);
  }
  return piece;
}

void parse_trainer(std::string_view bytes, std::string_view name, SentencePieceModel& model) {
  MessageReader reader(bytes, name);
  while (const auto field = reader.next()) {
    if (field->number == kWhitespaceAsSuffix) model.whitespace_as_suffix = field->value != 0;
    if (field->number == kByteFallback) model.byte_fallback = field->value != 0;
    if (field->number != kModelType) continue;
    if (field->value != 1 && field->value != 2) {
      fail(ErrorCode::unsupported,
           "SentencePiece model: got model type {}, expected 1 (unigram) or 2 (BPE) ({})",
           field->value, name);
    }
    model.algorithm = static_cast<Algorithm>(field->value);
  }
}

void parse_normaliser(std::string_view bytes, std::string_view name, SentencePieceModel& model) {
  MessageReader reader(bytes, name);
  while (const auto field = reader.next()) {
    if (field->number == kCharacterMap) model.character_map = field->bytes;
    if (field->number == kDummyPrefix) model.add_dummy_prefix = field->value != 0;
    if (field->number == kRemoveExtraWhitespaces)
      model.remove_extra_whitespaces = field->value != 0;
    if (field->number == kEscapeWhitespaces) model.escape_whitespaces = field->value != 0;
  }
}

void check_piece(const Piece& piece, std::string_view name) {
  const bool has_text = !piece.text.empty() && piece.text.size() <= kMaxPieceBytes &&
                        piece.text.find('\0') == std::string::npos;
  if (!has_text || !std::isfinite(piece.score)) {
    fail(ErrorCode::corrupt_data,
         "SentencePiece model: got a piece of {} bytes and score {}, expected 1 to {} bytes, none "
         "zero, and a finite score ({})",
         piece.text.size(), piece.score, kMaxPieceBytes, name);
  }
}

void check_nesting(const SentencePieceModel& model, std::string_view name) {
  std::vector<std::string_view> texts;
  for (const Piece& piece : model.pieces) {
    if (piece.type == PieceType::user_defined) texts.emplace_back(piece.text);
  }
  std::sort(texts.begin(), texts.end());
  std::vector<std::string_view> open;  // each starts with the one before
  for (const std::string_view text : texts) {
    while (!open.empty() && !text.starts_with(open.back())) open.pop_back();
    open.push_back(text);
    if (open.size() > kMaxNested) {
      fail(ErrorCode::corrupt_data,
           "SentencePiece model: got more than {} user-defined pieces that start with each other "
           "({})",
           kMaxNested, name);
    }
  }
}

}  // namespace

SentencePieceModel parse_sentencepiece_model(std::string_view bytes, std::string_view name) {
  SentencePieceModel model;
  MessageReader reader(bytes, name);
  while (const auto field = reader.next()) {
    if (field->number == kPieces) model.pieces.push_back(parse_piece(field->bytes, name));
    if (field->number == kTrainer) parse_trainer(field->bytes, name, model);
    if (field->number == kNormaliser) parse_normaliser(field->bytes, name, model);
  }
  check(model, name);
  return model;
}

void check(const SentencePieceModel& model, std::string_view name) {
  if (model.pieces.empty() || model.pieces.size() > kMaxPieces) {
    fail(ErrorCode::corrupt_data, "SentencePiece model: got {} pieces, expected 1 to {} ({})",
         model.pieces.size(), kMaxPieces, name);
  }
  for (const Piece& piece : model.pieces) check_piece(piece, name);
  check_nesting(model, name);
  check_character_map(model.character_map, name);
}

std::string serialise(const SentencePieceModel& model) {
  MessageWriter file;
  for (const Piece& piece : model.pieces) {
    MessageWriter message;
    message.bytes(kPieceText, piece.text);
    message.real(kPieceScore, piece.score);
    message.number(kPieceType, static_cast<std::uint64_t>(piece.type));
    file.bytes(kPieces, message.finished());
  }
  MessageWriter trainer;
  trainer.number(kModelType, static_cast<std::uint64_t>(model.algorithm));
  trainer.number(kWhitespaceAsSuffix, model.whitespace_as_suffix ? 1 : 0);
  trainer.number(kByteFallback, model.byte_fallback ? 1 : 0);
  file.bytes(kTrainer, trainer.finished());
  MessageWriter normaliser;
  normaliser.bytes(kCharacterMap, model.character_map);
  normaliser.number(kDummyPrefix, model.add_dummy_prefix ? 1 : 0);
  normaliser.number(kRemoveExtraWhitespaces, model.remove_extra_whitespaces ? 1 : 0);
  normaliser.number(kEscapeWhitespaces, model.escape_whitespaces ? 1 : 0);
  file.bytes(kNormaliser, normaliser.finished());
  return file.finished();
}

}  // namespace diptych::text
