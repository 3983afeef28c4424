#pragma once

#include <string>

#include "checkpoint/json.h"

namespace diptych::checkpoint {

/// Whether a tokenizer.json of Hugging Face's tokenizers holds a unigram model.
bool is_unigram(const Json& tokenizer);

/// The SentencePiece model that such a tokenizer.json describes for XLM-R:
/// its unigram pieces and its normalisation, in SentencePiece's own file format, numbered as there.
/// Throws Error: corrupt_data, and unsupported for a tokenizer that is not XLM-R's kind.
std::string sentencepiece_model(const Json& tokenizer, const std::string& name);

}  // namespace diptych::checkpoint
