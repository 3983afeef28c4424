#include <algorithm>
#include <array>

#include "diptych/tokenizer.h"

namespace diptych {

bool has_unknown_words(const Tokenizer& tokenizer, std::string_view text) {
  constexpr int kWithoutLimit = 1 << 20;
  // What the unknown token is decoded to by WordPiece and by SentencePiece.
  constexpr std::array<std::string_view, 3> kUnknown = {"[UNK]", "<unk>", "\u2047"};
  const std::string read = tokenizer.decode(tokenizer.encode(text, kWithoutLimit));
  return std::any_of(kUnknown.begin(), kUnknown.end(), [&](std::string_view mark) {
    return read.find(mark) != std::string::npos && text.find(mark) == std::string_view::npos;
  });
}

}  // namespace diptych
