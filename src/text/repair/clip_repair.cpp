#include "text/repair/clip_repair.h"

#include "text/repair/fix_text.h"
#include "text/repair/html_entities.h"

namespace diptych::text {

std::u32string clip_repair(std::u32string_view text) {
  std::u32string clean = fix_text(text);
  for (int pass = 0; pass < 2; ++pass) {
    if (clean.find(U'&') != clean.npos) clean = unescape_html(clean);
  }
  return clean;
}

}  // namespace diptych::text
