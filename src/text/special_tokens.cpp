#include "diptych/special_tokens.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "text/characters/unicode.h"
#include "text/repair/html_entities.h"

namespace diptych {

namespace {

constexpr int kWithoutLimit = 1 << 20;

}  // namespace

bool has_special_tokens(const Tokenizer& tokenizer, std::string_view text) {
  const std::vector<std::int32_t> around = tokenizer.encode("", kWithoutLimit);
  // CLIP fills rows with a token that is a word too.
  const std::int32_t pad = tokenizer.pad_id();
  const bool is_pad_a_word = !tokenizer.decode({&pad, 1}).empty();
  const auto is_special = [&](std::int32_t id) {
    return (id == pad && !is_pad_a_word) ||
           std::find(around.begin(), around.end(), id) != around.end();
  };
  const std::vector<std::int32_t> ids = tokenizer.encode(text, kWithoutLimit);
  const auto special = std::count_if(ids.begin(), ids.end(), is_special);
  return static_cast<std::size_t>(special) > around.size();
}

bool has_html_entities(const Tokenizer& tokenizer, std::string_view text) {
  if (text.find('&') == std::string_view::npos) return false;
  const std::u32string given = text::decode_utf8(text);
  const std::u32string plain = text::unescape_html(given);
  return plain != given && tokenizer.encode(text::encode_utf8(plain), kWithoutLimit) !=
                               tokenizer.encode(text, kWithoutLimit);
}

}  // namespace diptych
