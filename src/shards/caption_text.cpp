#include "shards/caption_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/ascii.h"
#include "base/text_remains.h"
#include "base/trimmed.h"
#include "base/utf8.h"
#include "diptych/blank_text.h"
#include "shards/sample.h"

namespace diptych::shards {

namespace {

/// What pandas takes for a missing value, in small letters.
constexpr auto kNoValues = std::to_array<std::string_view>(
    {"null", "nan", "-nan", "none", "na", "n/a", "#n/a", "#na", "<na>", "#n/a n/a", "undefined"});

/// In whatever script: what is not ASCII counts as one.
bool has_letter(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; });
}

/// As JSON and Python write them.
bool is_list_or_object(std::string_view text) {
  return (text.starts_with('[') && text.ends_with(']')) ||
         (text.starts_with('{') && text.ends_with('}'));
}

/// As Python shows bytes that nobody decoded.
bool is_bytes_literal(std::string_view text) {
  return text.size() > 2 && text.front() == 'b' && (text[1] == '\'' || text[1] == '"') &&
         text.back() == text[1];
}

/// But white space.
bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && (c < '\t' || c > '\r')) || c == 0x7f;
  });
}

/// As other programs' files of texts hold them, in small letters.
bool has_token(std::string_view text) {
  constexpr auto kTokens = std::to_array<std::string_view>(
      {"<|endoftext|>", "<|startoftext|>", "<end_of_text>", "<start_of_text>", "[sep]", "[cls]",
       "[pad]", "[unk]", "[mask]", "<unk>", "<pad>"});
  return std::ranges::any_of(
      kTokens, [&](std::string_view token) { return text.find(token) != std::string_view::npos; });
}

bool is_picture_name(std::string_view text) {
  const std::size_t dot = text.rfind('.');
  return dot != std::string_view::npos && dot > 0 && is_image_extension(text.substr(dot + 1));
}

bool is_web_address(std::string_view text) {
  return (text.starts_with("http://") || text.starts_with("https://")) &&
         text.find(' ') == std::string_view::npos;
}

}  // namespace

std::string_view caption_doubt(std::string_view caption) {
  constexpr std::size_t kLongest = 4096;
  const std::string text = ascii_lower(trimmed(caption.substr(0, kLongest)));
  if (std::ranges::find(kNoValues, text) != kNoValues.end())
    return "captions that stand for none, as NULL, nan and None do";
  if (is_web_address(text)) return "captions that are web addresses";
  if (is_picture_name(text)) return "captions that are names of picture files";
  if (has_token(text)) return "captions with a tokenizer's own token, as [SEP] and <|endoftext|>";
  if (is_list_or_object(text)) return "captions that are lists or objects, of which all is read";
  if (is_bytes_literal(text)) return "captions that are bytes as Python shows them, b'...'";
  if (has_control(text)) return "captions with control characters";
  if (has_markup(text)) return "captions with markup, which is read as words";
  if (has_lost_character(text))
    return "captions with U+FFFD, where another program lost a character";
  if (!has_letter(text)) return "captions without a letter, as numbers";
  return "";
}

std::optional<CaptionFault> caption_fault(std::string_view caption) {
  if (caption.size() > kMaxCaptionBytes) {
    return CaptionFault{RefusalReason::caption_too_long,
                        fmt::format("caption: got {} bytes, expected at most {}", caption.size(),
                                    kMaxCaptionBytes)};
  }
  if (is_blank(caption))
    return CaptionFault{RefusalReason::empty_caption, "caption: got empty text, expected words"};
  if (!is_utf8(caption)) {
    return CaptionFault{RefusalReason::caption_not_utf8,
                        "caption: got text that is not UTF-8, expected UTF-8 (iconv converts "
                        "Latin-1 and others)"};
  }
  if (caption.find('\0') != std::string_view::npos) {
    return CaptionFault{RefusalReason::caption_not_utf8,
                        "caption: got bytes of zero, as in UTF-16, expected UTF-8"};
  }
  return std::nullopt;
}

}  // namespace diptych::shards
