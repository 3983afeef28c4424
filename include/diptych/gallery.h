#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "diptych/encoder.h"
#include "diptych/export.h"
#include "diptych/matrix.h"
#include "diptych/picture_files.h"

namespace diptych {

/// Pictures that a sentence or another picture can find, by exact search over their embeddings held
/// in memory (embedding width x 4 bytes a picture). Immutable and thread-safe once made.
class DIPTYCH_API Gallery {
 public:
  struct Match {
    std::filesystem::path path;
    float similarity = 0.0F;  ///< cosine, -1 to 1
  };

  /// Encodes pictures; folders stand for the pictures in and below them. Pictures that fail are
  /// left out and listed; `options.normalise` is not used. The packed model is shared. Throws Error
  /// as `expand_folders`.
  Gallery(const Encoder& encoder, std::span<const std::filesystem::path> paths,
          EncodeOptions options = {});

  std::size_t size() const { return paths_.size(); }
  /// Returns what lay in the folders and is no picture.
  const SkippedFiles& skipped() const { return skipped_; }
  /// Returns counts of the pictures in the gallery: what a person may want to be told.
  const PictureCounts& counts() const { return counts_; }
  /// Returns the failures; `Failure::index` counts the expanded paths.
  const std::vector<Failure>& failures() const { return failures_; }
  const std::vector<std::filesystem::path>& paths() const { return paths_; }
  /// Returns [size(), embedding width], unit rows, in the order of `paths()`.
  const Matrix& embeddings() const { return embeddings_; }

  /// Returns the pictures that fit a sentence best, best first, at most `count`. Throws
  /// Error(invalid_argument) when the sentence is not UTF-8.
  std::vector<Match> find(const std::string& sentence, std::size_t count) const;
  /// Does the same for an embedding of length `embedding width`.
  std::vector<Match> find(std::span<const float> embedding, std::size_t count) const;

 private:
  Encoder encoder_;
  std::vector<std::filesystem::path> paths_;
  Matrix embeddings_;
  std::vector<Failure> failures_;
  SkippedFiles skipped_;
  PictureCounts counts_;
};

}  // namespace diptych
