#pragma once

#include <string>
#include <vector>

#include "diptych/tokenizer.h"

namespace diptych::train {

/// Returns a sentence each on captions of which a text tower of `context_length` tokens does not
/// see the end, on those with words that the tokenizer does not know or that it takes for a text's
/// start or end, and on those that differ and are the same once they are read; usually nothing.
/// Throws Error(invalid_argument) when for either of the first two nothing of their differences is
/// left.
std::vector<std::string> check_captions_as_read(const std::vector<std::string>& captions,
                                                const Tokenizer& tokenizer, int context_length);

}  // namespace diptych::train
