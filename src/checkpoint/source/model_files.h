#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "checkpoint/containers/container.h"
#include "checkpoint/source/known_facts.h"
#include "json/json.h"

namespace diptych::checkpoint {

/// The files that one model is loaded from: those of a folder, on disk or in memory, or one file
/// with what lies beside it.
class ModelFiles {
 public:
  /// `known`: what is known of the model besides; `stated`: what its user says. Throws
  /// Error(not_found).
  explicit ModelFiles(const std::filesystem::path& file_or_folder,
                      std::optional<KnownFacts> known = std::nullopt, StatedFacts stated = {});
  explicit ModelFiles(std::span<const FileBytes> files, StatedFacts stated = {});

  /// Returns what is known of the model besides its files; null when nothing is.
  const KnownFacts* known() const { return known_ ? &*known_ : nullptr; }

  const StatedFacts& stated() const { return stated_; }

  /// Returns what messages call them.
  const std::string& name() const { return name_; }
  /// Returns what messages call one of them.
  std::string path_of(const std::string& file) const;
  bool contains(const std::string& file) const;
  /// Throws Error: not_found, io, and unsupported for what came in its place (foreign_file.h).
  FileBytes open(const std::string& file) const;
  /// Does the same, its bytes copied.
  std::string read_text(const std::string& file) const;

  /// Returns the checkpoint: the file that was named, or the one a folder holds. Throws Error:
  /// not_found when it holds none, invalid_argument when it holds several and none has a usual
  /// name.
  std::string weights() const;

 private:
  std::string name_;
  std::filesystem::path folder_;
  std::string chosen_;  ///< the file that was named, if one was
  bool in_memory_ = false;
  std::optional<KnownFacts> known_;
  StatedFacts stated_;
  std::map<std::string, FileBytes> files_;  ///< on disk: only the names
};

/// Reads one of the files as JSON. Throws Error as `open` and parse_json do.
Json read_json(const ModelFiles& files, const std::string& file);

}  // namespace diptych::checkpoint
