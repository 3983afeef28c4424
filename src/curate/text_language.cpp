#include "curate/text_language.h"

#include <cld2/public/compact_lang_det.h>

#include <algorithm>

namespace diptych::curate {

std::string LanguageDetector::detect(std::string_view text, FastTextWords& words) const {
  // A language shows within that many bytes.
  constexpr std::size_t kEnough = 4096;
  text = text.substr(0, kEnough);
  if (model_) {
    const std::string_view label = model_->predict(text, words);
    const bool is_code = !label.empty() && std::all_of(label.begin(), label.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
             (c >= '0' && c <= '9');
    });
    return is_code ? std::string(label) : "un";
  }
  bool is_reliable = false;
  const CLD2::Language language = CLD2::DetectLanguage(text.data(), static_cast<int>(text.size()),
                                                       /*is_plain_text=*/true, &is_reliable);
  return CLD2::LanguageCode(language);
}

}  // namespace diptych::curate
