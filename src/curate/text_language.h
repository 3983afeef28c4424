#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "curate/fasttext_model.h"

namespace diptych::curate {

/// Says which language a text is in. Immutable and thread-safe.
class LanguageDetector {
 public:
  /// By CLD2.
  LanguageDetector() = default;
  /// By a fastText model. Throws Error as FastTextModel.
  explicit LanguageDetector(const std::filesystem::path& model) : model_(model) {}

  /// Returns a code ("en", "zh"; of CLD2 also "zh-Hant"), as JSON can hold it; "un" when it is not
  /// known, as CLD2 says of texts of few words. A thread that asks often keeps its `words`.
  std::string detect(std::string_view text, FastTextWords& words) const;

 private:
  std::optional<FastTextModel> model_;
};

}  // namespace diptych::curate
