#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::text {

/// What a SentencePiece model says (arXiv 1808.06226).
struct SentencePieceModel {
  /// The numbers are those of the file format.
  enum class Algorithm { unigram = 1, bpe = 2 };
  enum class PieceType {
    normal = 1,
    unknown = 2,
    control = 3,
    user_defined = 4,
    unused = 5,
    byte = 6
  };

  struct Piece {
    std::string text;
    float score = 0.0F;
    PieceType type = PieceType::normal;
    bool operator==(const Piece&) const = default;
  };

  Algorithm algorithm = Algorithm::unigram;
  std::vector<Piece> pieces;   ///< by id
  bool byte_fallback = false;  ///< unknown characters are spelt in bytes, each a piece
  std::string character_map;   ///< what is replaced in a text first, as the file has it
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  bool escape_whitespaces = true;
  bool whitespace_as_suffix = false;

  bool operator==(const SentencePieceModel&) const = default;
};

/// Reads a .model file, which may be hostile. Throws Error: corrupt_data, and unsupported for the
/// algorithms "word" and "char".
SentencePieceModel parse_sentencepiece_model(std::string_view bytes, std::string_view name);

/// Throws Error(corrupt_data) for what SentencePiece's library does not check itself.
void check(const SentencePieceModel& model, std::string_view name);

/// Returns the .model file that says just this.
std::string serialise(const SentencePieceModel& model);

}  // namespace diptych::text
