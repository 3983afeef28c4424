#include "shards/caption_text.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace diptych::shards {

std::optional<CaptionFault> caption_fault(std::string_view caption) {
  if (caption.size() > kMaxCaptionBytes) {
    return CaptionFault{RefusalReason::caption_too_long,
                        fmt::format("caption: got {} bytes, expected at most {}", caption.size(),
                                    kMaxCaptionBytes)};
  }
  if (caption.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos)
    return CaptionFault{RefusalReason::empty_caption, "caption: got empty text, expected words"};
  if (!is_utf8(caption)) {
    return CaptionFault{RefusalReason::caption_not_utf8,
                        "caption: got text that is not UTF-8, expected UTF-8 (iconv converts "
                        "Latin-1 and others)"};
  }
  return std::nullopt;
}

}  // namespace diptych::shards
