#pragma once

#include <cstdint>
#include <filesystem>

#include "text/tokenizer_spec.h"

namespace diptych::checkpoint {

/// Returns whether Hugging Face's files can say a tokenizer: a WordPiece whose texts end with [SEP]
/// and are not cleaned beforehand.
bool is_plain_wordpiece(const text::TokenizerSpec& spec);

/// The ids that surround and fill a text.
struct WordPieceIds {
  std::int32_t start = 0;      ///< [CLS]
  std::int32_t separator = 0;  ///< [SEP]
  std::int32_t pad = 0;        ///< [PAD]
};
/// Throws Error: corrupt_data for a vocabulary without one of them; unsupported for one that has a
/// token twice.
WordPieceIds wordpiece_ids(const text::TokenizerSpec& spec);

/// Writes tokenizer.json and tokenizer_config.json of a plain WordPiece into a folder. Throws
/// Error: io, and as above.
void write_wordpiece_files(const std::filesystem::path& folder, const text::TokenizerSpec& spec,
                           int context_length);

}  // namespace diptych::checkpoint
