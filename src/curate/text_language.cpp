#include "curate/text_language.h"

#include <cld2/public/compact_lang_det.h>

namespace diptych::curate {

std::string text_language(std::string_view text) {
  // A language shows within that many bytes.
  constexpr std::size_t kEnough = 4096;
  bool is_reliable = false;
  const CLD2::Language language = CLD2::DetectLanguage(
      text.data(), static_cast<int>(text.size() < kEnough ? text.size() : kEnough),
      /*is_plain_text=*/true, &is_reliable);
  return CLD2::LanguageCode(language);
}

}  // namespace diptych::curate
