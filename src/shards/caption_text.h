#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "shards/refusal.h"

namespace diptych::shards {

/// A longer caption is a mistake: a text tower reads some 77 tokens, and repairing and splitting
/// 100 MB of text takes minutes.
inline constexpr std::size_t kMaxCaptionBytes = std::size_t{64} << 10;

/// What is wrong with a caption.
struct CaptionFault {
  RefusalReason reason;
  std::string what;
};

/// Returns what is wrong; nothing for text that can be used: UTF-8 without bytes of zero, not
/// only white space, at most kMaxCaptionBytes.
std::optional<CaptionFault> caption_fault(std::string_view caption);

/// Returns what a caption that can be used hardly says: what programs write for a value that is not
/// there ("NULL", as pandas has them), a picture file's name, a number or other text without a
/// letter, a web address, a tokenizer's own token, a list or an object, markup, what another
/// program could not read. As words for Remarks; empty for any other caption.
std::string_view caption_doubt(std::string_view caption);

}  // namespace diptych::shards
