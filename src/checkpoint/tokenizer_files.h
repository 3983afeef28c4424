#pragma once

#include <string>

#include "checkpoint/model_file.h"
#include "checkpoint/model_files.h"

namespace diptych::checkpoint {

/// How a model uses a tokenizer whose files lie beside its weights.
struct TokenizerUse {
  std::string name;  ///< of a repository on the Hugging Face hub, for messages; may be empty
  text::Cleaning cleaning = text::Cleaning::whitespace;
  bool strips_separator = false;  ///< CLIPA's: no [SEP] at the end
};

/// Reads the tokenizer from the first of tokenizer.json, SentencePiece's files and vocab.txt that
/// is there, and what tokenizer_config.json and special_tokens_map.json add. Without any, the kind
/// is `none`. What had to be assumed is added to the model's assumptions. Throws Error:
/// corrupt_data; unsupported, naming the part that diptych does not have.
void bind_tokenizer_files(const ModelFiles& files, const TokenizerUse& use, ModelFile& model);

}  // namespace diptych::checkpoint
