#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diptych/tokenizer.h"

namespace diptych::train {

/// Returns a sentence on the captions of which a text tower of `context_length` tokens does not see
/// the end; nothing when there are none. Throws Error(invalid_argument) when captions differ and
/// nothing of it is left.
std::optional<std::string> check_caption_lengths(const std::vector<std::string>& captions,
                                                 const Tokenizer& tokenizer, int context_length);

}  // namespace diptych::train
