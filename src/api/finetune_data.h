#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "diptych/finetune.h"
#include "diptych/prompts.h"

namespace diptych::api {

/// A picture with its caption.
struct OwnPicture {
  std::filesystem::path path;
  std::string caption;
  std::size_t right_class = 0;  ///< where there are classes
};

/// A user's pictures, in two parts.
struct OwnData {
  std::vector<OwnPicture> training;
  std::vector<OwnPicture> held_out;
  std::vector<std::string> classes;  ///< empty for captions
  std::vector<std::string> notes;    ///< what may be unexpected, one sentence each
};

/// Reads class folders or a table, and keeps a part out: of every class with at least two pictures;
/// of captions, all of a picture. The caption of a class is its name in its default template.
/// Throws Error for what cannot be read, and invalid_argument when nothing could be kept out.
OwnData read_own_data(const FinetuneOptions& options, PromptLanguage language);

/// Returns the files of pictures.
std::vector<std::filesystem::path> paths_of(const std::vector<OwnPicture>& pictures);

/// Writes a table that a training reads. Throws Error(io).
void write_table(const std::filesystem::path& path, const std::vector<OwnPicture>& pictures);

}  // namespace diptych::api
