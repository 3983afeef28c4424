#pragma once

#include <string>
#include <string_view>

namespace diptych {

/// Returns a text as it stands between the tags of an HTML page.
inline std::string html_text(std::string_view text) {
  std::string result;
  for (const char c : text) result += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  return result;
}

}  // namespace diptych
