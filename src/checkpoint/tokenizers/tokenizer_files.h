#pragma once

#include <filesystem>
#include <string_view>

#include "checkpoint/source/model_file.h"
#include "checkpoint/source/model_files.h"
#include "json/json.h"

namespace diptych::checkpoint {

/// Reads the tokenizer from the first of tokenizer.json, SentencePiece's files, RoBERTa's and
/// vocab.txt that is there, and what tokenizer_config.json and special_tokens_map.json add. Without
/// any, the kind is `none`. What had to be assumed is added to the model's assumptions. Throws
/// Error: corrupt_data; unsupported, naming the part that diptych does not have.
void bind_tokenizer_files(const ModelFiles& files, const TokenizerSettings& use, ModelFile& model);

/// Does the same for a model of Chinese-CLIP's, whose vocabulary stays where the files have no
/// other.
void bind_chinese_tokenizer(const ModelFiles& files, ModelFile& model);

/// Adds to the model's assumptions that texts too long for it are cut at their end, where the
/// tokenizer's settings or its `description` (tokenizer.json, or null) cut them at their start.
void assume_truncation(const ModelFiles& files, const Json& description, ModelFile& model);

/// Gives the model the tokenizer of a file, or of a folder with files as above, in place of its
/// own: a tokenizer.json (.json), a SentencePiece model (.model), otherwise a WordPiece vocabulary
/// of one token a line. Throws Error: not_found, io, and as above; invalid_argument for a folder
/// without such files.
void take_tokenizer(const std::filesystem::path& file_or_folder, ModelFile& model);

/// Throws Error(unsupported) when `form`, another program's, needs files of the model's tokenizer
/// and none lay beside the weights. CLIP's own tokenizer needs none, and neither does one that
/// diptych never had.
void check_tokenizer_files(const ModelFile& model, std::string_view form);

/// Writes the files that lay beside the weights into a folder. Throws Error(io).
void copy_tokenizer_files(const std::filesystem::path& folder, const ModelFile& model);

}  // namespace diptych::checkpoint
