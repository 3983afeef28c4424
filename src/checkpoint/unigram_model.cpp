#include "checkpoint/unigram_model.h"

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "checkpoint/base64.h"

// The format: sentencepiece_model.proto of SentencePiece 0.1.97, in the encoding of protocol
// buffers.

namespace diptych::checkpoint {
namespace {

/// Types of a piece.
constexpr std::uint64_t kNormal = 1;
constexpr std::uint64_t kUnknown = 2;
constexpr std::uint64_t kControl = 3;
/// The model type of a trainer's specification.
constexpr std::uint64_t kUnigram = 1;

/// fairseq's special pieces, which XLM-R puts before and behind SentencePiece's.
constexpr std::array<std::string_view, 4> kFirst = {"<s>", "<pad>", "</s>", "<unk>"};
constexpr std::string_view kLast = "<mask>";

/// A message of protocol buffers.
class Message {
 public:
  void number(int field, std::uint64_t value) {
    varint(static_cast<std::uint64_t>(field) << 3);
    varint(value);
  }
  void bytes(int field, std::string_view value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 2);
    varint(value.size());
    bytes_ += value;
  }
  void real(int field, float value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 5);
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(bits >> shift & 0xff);
  }
  const std::string& finished() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

void add_piece(Message& model, std::string_view piece, float score, std::uint64_t type) {
  Message message;
  message.bytes(1, piece);
  message.real(2, score);
  if (type != kNormal) message.number(3, type);
  model.bytes(1, message.finished());
}

/// The part of a normaliser that holds SentencePiece's character map; it may be one of a sequence.
const Json* find_character_map(const Json& normalizer) {
  if (!normalizer.is_object()) return nullptr;
  if (normalizer.value("type", Json()) == "Precompiled")
    return normalizer.contains("precompiled_charsmap") ? &normalizer["precompiled_charsmap"]
                                                       : nullptr;
  if (!normalizer.contains("normalizers") || !normalizer["normalizers"].is_array()) return nullptr;
  for (const Json& part : normalizer["normalizers"]) {
    if (const Json* found = find_character_map(part)) return found;
  }
  return nullptr;
}

std::string read_character_map(const Json& tokenizer, const std::string& name) {
  const Json* map =
      tokenizer.contains("normalizer") ? find_character_map(tokenizer["normalizer"]) : nullptr;
  const auto bytes =
      map != nullptr && map->is_string() ? from_base64(map->get<std::string>()) : std::nullopt;
  if (!bytes) {
    fail(ErrorCode::unsupported,
         "tokenizer: normalizer: expected SentencePiece's precompiled_charsmap in base64 ({})",
         name);
  }
  return {bytes->begin(), bytes->end()};
}

bool is_piece(const Json& entry) {
  return entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_number();
}

/// The pieces in fairseq's order.
const Json& read_vocabulary(const Json& tokenizer, const std::string& name) {
  if (!is_unigram(tokenizer))
    fail(ErrorCode::unsupported, "tokenizer: model: expected one of type Unigram ({})", name);
  const Json& pieces = tokenizer["model"]["vocab"];
  for (const Json& piece : pieces) {
    if (!is_piece(piece))
      fail(ErrorCode::corrupt_data, "tokenizer: model.vocab: got {}, expected [piece, score] ({})",
           piece.dump(-1, ' ', false, Json::error_handler_t::replace), name);
  }
  bool is_fairseq = pieces.size() > kFirst.size() && pieces.back()[0] == kLast;
  for (std::size_t i = 0; is_fairseq && i < kFirst.size(); ++i)
    is_fairseq = pieces[i][0] == kFirst[i];
  if (!is_fairseq) {
    fail(ErrorCode::unsupported,
         "tokenizer: model.vocab: expected XLM-R's, which starts with <s>, <pad>, </s>, <unk> and "
         "ends with <mask> ({})",
         name);
  }
  return pieces;
}

}  // namespace

bool is_unigram(const Json& tokenizer) {
  if (!tokenizer.is_object() || !tokenizer.contains("model")) return false;
  const Json& model = tokenizer["model"];
  return model.is_object() && model.value("type", Json()) == "Unigram" && model.contains("vocab") &&
         model["vocab"].is_array();
}

std::string sentencepiece_model(const Json& tokenizer, const std::string& name) {
  const Json& pieces = read_vocabulary(tokenizer, name);
  Message model;
  add_piece(model, "<unk>", 0.0F, kUnknown);
  add_piece(model, "<s>", 0.0F, kControl);
  add_piece(model, "</s>", 0.0F, kControl);
  for (std::size_t i = kFirst.size(); i + 1 < pieces.size(); ++i)
    add_piece(model, pieces[i][0].get<std::string>(), pieces[i][1].get<float>(), kNormal);
  Message trainer;
  trainer.number(3, kUnigram);
  model.bytes(2, trainer.finished());
  Message normalizer;
  normalizer.bytes(2, read_character_map(tokenizer, name));
  model.bytes(3, normalizer.finished());
  return model.finished();
}

}  // namespace diptych::checkpoint
