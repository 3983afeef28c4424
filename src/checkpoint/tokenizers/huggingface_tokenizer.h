#pragma once

#include <string>

#include "json/json.h"
#include "text/tokenizer_spec.h"

namespace diptych::checkpoint {

/// Returns a tokenizer.json of Hugging Face's tokenizers: WordPiece, unigram, BPE as SentencePiece
/// has it (Gemma's, NLLB's), RoBERTa's byte-level BPE, or CLIP's. Every part that changes ids is
/// understood or refused. The padding id is the file's, or 0 where it says none. Throws Error:
/// corrupt_data; unsupported, naming the part.
text::TokenizerSpec read_huggingface_tokenizer(const Json& tokenizer, const std::string& name);

}  // namespace diptych::checkpoint
