#pragma once

#include <string>
#include <string_view>

namespace diptych::curate {

/// The language of a text by CLD2, as a code ("en", "zh", "zh-Hant"); "un" when it is not known, as
/// of texts of few words. Thread-safe.
std::string text_language(std::string_view text);

}  // namespace diptych::curate
