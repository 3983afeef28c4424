#pragma once

#include <string_view>

#include "diptych/export.h"
#include "diptych/tokenizer.h"

namespace diptych {

/// Returns whether a text spells a token that a tokenizer puts around or after texts, as
/// "<|endoftext|>" does for OpenAI's, and is taken for it. Throws Error(invalid_argument) as
/// Tokenizer::encode.
DIPTYCH_API bool has_special_tokens(const Tokenizer& tokenizer, std::string_view text);

/// Returns whether a text has characters as HTML writes them ("cat &amp; dog") that a tokenizer
/// takes for words of their own. Throws likewise.
DIPTYCH_API bool has_html_entities(const Tokenizer& tokenizer, std::string_view text);

}  // namespace diptych
