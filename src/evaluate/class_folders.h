#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "diptych/picture_files.h"

namespace diptych::evaluate {

/// The pictures of a folder that holds one folder a class.
struct ClassFolders {
  std::vector<std::string> names;             ///< candidates, some perhaps without pictures
  std::vector<std::filesystem::path> images;  ///< class by class, by path in a class
  std::vector<std::size_t> right_classes;     ///< for every picture its place in `names`
  SkippedFiles skipped;                       ///< what lies in the folders and is no picture
  /// What makes a result mean less than it seems to, one sentence each; usually none: pictures
  /// beside the class folders, class folders that hold only folders, names that are codes.
  std::vector<std::string> notes;
};

/// Lists the class folders (hidden ones are passed over) and their pictures; see
/// ZeroShotOptions::class_names for the names and evaluate_zeroshot for the errors.
ClassFolders read_class_folders(const std::filesystem::path& folder,
                                const std::filesystem::path& class_names = {});

}  // namespace diptych::evaluate
