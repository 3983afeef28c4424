#include "diptych/special_tokens.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace diptych {

bool has_special_tokens(const Tokenizer& tokenizer, std::string_view text) {
  constexpr int kWithoutLimit = 1 << 20;
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

}  // namespace diptych
