#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "command.h"

/// How `classify --sort-into` puts pictures into a folder a label.
struct SortOptions {
  std::string folder;  ///< empty: not at all
  bool copy = false;
  bool link = false;
  bool dry_run = false;  ///< only say what would be done
};

/// Declares --sort-into, --copy, --link and --dry-run.
void add_sort_options(Command command, SortOptions& options);

/// Puts pictures into FOLDER/LABEL under their own names, and never replaces or changes a file: a
/// name that is taken by other content gets a number ("cat-2.jpg"), and a picture that is there
/// already is left as it is.
class Sorter {
 public:
  /// Throws Error(invalid_argument) for options that do not fit together, for labels that would
  /// share a folder, and when FOLDER is in one of the folders that are sorted.
  Sorter(SortOptions options, const std::vector<std::string>& labels,
         const std::vector<std::string>& given);

  /// Returns where the picture is, or would be, after this. Throws Error(io).
  std::filesystem::path put(const std::filesystem::path& picture, const std::string& label);
  /// Returns "12 pictures copied into 3 folders, 2 were there (sorted)".
  std::string summary() const;

 private:
  /// Returns whether the picture is at `place` now.
  bool place_at(const std::filesystem::path& picture, const std::filesystem::path& place);
  bool is_there(const std::filesystem::path& picture, const std::filesystem::path& place) const;

  SortOptions options_;
  std::map<std::string, std::string> folders_;                      // by label
  std::map<std::filesystem::path, std::filesystem::path> planned_;  // of a dry run, by place
  std::map<std::string, std::size_t> used_;
  std::size_t done_ = 0;
  std::size_t there_ = 0;
};
