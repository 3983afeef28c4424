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

/// What pandas takes for a missing value, what databases write for one (\N), and what people do, in
/// small letters.
constexpr auto kNoValues = std::to_array<std::string_view>({"null",
                                                            "nan",
                                                            "-nan",
                                                            "none",
                                                            "na",
                                                            "n/a",
                                                            "#n/a",
                                                            "#na",
                                                            "<na>",
                                                            "#n/a n/a",
                                                            "undefined",
                                                            "\\n",
                                                            "no caption",
                                                            "no description",
                                                            "no description available",
                                                            "no title",
                                                            "untitled",
                                                            "unknown",
                                                            "tbd",
                                                            "image",
                                                            "picture",
                                                            "photo",
                                                            "img",
                                                            "alt text",
                                                            "no alt text",
                                                            "no alt text provided for this image",
                                                            "无",
                                                            "未知",
                                                            "没有",
                                                            "暂无"});

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

/// "1girl_solo", "red+cat", "red|cat", "a-red-cat".
bool has_no_blank_between_words(std::string_view text) {
  if (text.find(' ') != std::string_view::npos) return false;
  const std::size_t joint = text.find_first_of("_+|", 1);
  if (joint != std::string_view::npos && joint + 1 < text.size()) return true;
  return std::ranges::count(text, '-') > 1;
}

/// "a cat\\n", "a%20cat": as other programs write characters.
bool has_escape(std::string_view text) {
  constexpr auto kEscapes = std::to_array<std::string_view>({"\\n", "\\t", "\\u00", "\\\"", "%20"});
  return std::ranges::any_of(kEscapes, [&](std::string_view escape) {
    return text.find(escape) != std::string_view::npos;
  });
}

/// "3. a cat", "3) a cat", and what stands before a tab.
bool has_number_before(std::string_view text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos) return false;
  const std::string_view rest = text.substr(digits);
  return rest.starts_with(". ") || rest.starts_with(") ") || rest.starts_with("\t");
}

/// "(masterpiece:1.2), a cat", "a cat (0.83)".
bool has_number_in_brackets(std::string_view text) {
  for (std::size_t end = text.find(')'); end != std::string_view::npos;
       end = text.find(')', end + 1)) {
    const std::size_t begin = text.substr(0, end).find_last_of("(:");
    if (begin == std::string_view::npos) continue;
    const std::string_view inside = text.substr(begin + 1, end - begin - 1);
    if (inside.find('.') != std::string_view::npos && inside.front() != '.' &&
        inside.find_first_not_of("0123456789.") == std::string_view::npos)
      return true;
  }
  return false;
}

bool has_place(std::string_view text) {
  return text.find("{}") != std::string_view::npos ||
         text.find("{label}") != std::string_view::npos;
}

bool is_in_quotes(std::string_view text) {
  return text.size() > 2 && text.front() == '"' && text.find('"', 1) == text.size() - 1;
}

/// As WordNet, and so ImageNet, calls classes: "n02123045".
bool is_wordnet_code(std::string_view text) {
  return text.size() == 9 && text.front() == 'n' &&
         text.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

bool is_web_address(std::string_view text) {
  return (text.starts_with("http://") || text.starts_with("https://")) &&
         text.find(' ') == std::string_view::npos;
}

/// "caption: a cat", "user: what is it? assistant: a cat".
bool has_key_before(std::string_view text) {
  constexpr auto kKeys =
      std::to_array<std::string_view>({"caption", "title", "text", "description", "alt", "prompt",
                                       "user", "assistant", "human", "gpt", "answer"});
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos &&
         std::ranges::find(kKeys, text.substr(0, colon)) != kKeys.end();
}

/// "**a cat**", "[a cat](https://example.org)".
bool has_markdown(std::string_view text) {
  return text.find("](http") != std::string_view::npos ||
         (text.size() > 4 && text.starts_with("**") && text.ends_with("**"));
}

/// "a cat --ar 16:9 --v 5".
bool has_options(std::string_view text) {
  const std::size_t at = text.find(" --");
  return at != std::string_view::npos && at + 3 < text.size() && text[at + 3] >= 'a' &&
         text[at + 3] <= 'z';
}

bool has_web_address(std::string_view text) {
  return text.find("http://") != std::string_view::npos ||
         text.find("https://") != std::string_view::npos;
}

/// Doubts about a caption that has more than words in it, in small letters; "" without one.
std::string_view doubt_on_additions(std::string_view text) {
  if (has_place(text)) return "captions with {} or {label} in them, as templates have";
  if (has_escape(text)) return "captions with characters by their codes, as \\n and %20";
  if (has_key_before(text)) return "captions with a key before them, as Caption: and ASSISTANT:";
  if (has_options(text)) return "captions with options of a program, as --ar 16:9";
  if (has_web_address(text)) return "captions with a web address in them";
  if (has_number_before(text)) return "captions with a number before them, as lines of a list have";
  if (has_number_in_brackets(text))
    return "captions with weights or scores, as (cat:1.2) and (0.83)";
  if (is_in_quotes(text)) return "captions in quotes, which are read too";
  return "";
}

}  // namespace

std::string_view caption_doubt(std::string_view caption) {
  constexpr std::size_t kLongest = 4096;
  const std::string text = ascii_lower(trimmed(caption.substr(0, kLongest)));
  const std::string_view words =
      text.ends_with('.') ? std::string_view(text).substr(0, text.size() - 1) : text;
  if (std::ranges::find(kNoValues, words) != kNoValues.end())
    return "captions that stand for none, as NULL, nan and None do";
  if (is_web_address(text)) return "captions that are web addresses";
  if (is_picture_name(text)) return "captions that are names of picture files";
  if (has_token(text)) return "captions with a tokenizer's own token, as [SEP] and <|endoftext|>";
  if (is_list_or_object(text)) return "captions that are lists or objects, of which all is read";
  if (is_bytes_literal(text)) return "captions that are bytes as Python shows them, b'...'";
  if (has_control_character(text)) return "captions with control characters";
  if (has_markup(text) || has_markdown(text)) return "captions with markup, which is read as words";
  if (has_lost_character(text))
    return "captions with U+FFFD, where another program lost a character";
  if (!has_letter(text)) return "captions without a letter, as numbers";
  if (const std::string_view doubt = doubt_on_additions(text); !doubt.empty()) return doubt;
  if (is_wordnet_code(text)) return "captions that are codes of classes, as n02123045";
  if (has_no_blank_between_words(text)) return "captions with '_', '+' or '-' in place of blanks";
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
