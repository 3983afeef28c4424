#include "text/characters/unicode.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "base/utf8.h"

namespace diptych::text {
namespace {

bool in_categories(char32_t character, std::uint32_t mask) {
  return (U_GET_GC_MASK(static_cast<UChar32>(character)) & mask) != 0;
}

std::u16string to_utf16(std::u32string_view text) {
  std::u16string result;
  result.reserve(text.size());
  for (const char32_t character : text) {
    if (character < 0x10000) {
      result.push_back(static_cast<char16_t>(character));
    } else {
      result.push_back(static_cast<char16_t>(U16_LEAD(character)));
      result.push_back(static_cast<char16_t>(U16_TRAIL(character)));
    }
  }
  return result;
}

std::u32string from_utf16(std::u16string_view text) {
  std::u32string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    UChar32 character = 0;
    U16_NEXT(text.data(), i, text.size(), character);
    result.push_back(static_cast<char32_t>(character));
  }
  return result;
}

/// Runs an ICU function that writes UTF-16 to a buffer and returns the length it needs.
template <typename Function>
std::u16string filled_by(std::size_t guess, Function function) {
  std::u16string result(guess, u'\0');
  for (;;) {
    UErrorCode status = U_ZERO_ERROR;
    const std::int32_t needed =
        function(result.data(), static_cast<std::int32_t>(result.size()), &status);
    const auto length = static_cast<std::size_t>(std::max(needed, 0));
    if (status != U_BUFFER_OVERFLOW_ERROR) {
      ensure(U_SUCCESS(status) != 0, "ICU transforms well-formed text");
      result.resize(length);
      return result;
    }
    result.resize(length);
  }
}

const UNormalizer2* normaliser(NormalForm form) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2* result = form == NormalForm::nfc   ? unorm2_getNFCInstance(&status)
                               : form == NormalForm::nfd ? unorm2_getNFDInstance(&status)
                                                         : unorm2_getNFKCInstance(&status);
  ensure(U_SUCCESS(status) != 0, "ICU has its normalisation data");
  return result;
}

/// Below these no character changes in the form: U+0300 is the first combining mark, U+00C0 the
/// first letter with a canonical decomposition, U+00A0 the first with a compatibility one.
char32_t first_changed_character(NormalForm form) {
  switch (form) {
    case NormalForm::nfc:
      return 0x300;
    case NormalForm::nfd:
      return 0xC0;
    case NormalForm::nfkc:
      break;
  }
  return 0xA0;
}

bool all_below(std::u32string_view text, char32_t limit) {
  return std::all_of(text.begin(), text.end(), [limit](char32_t c) { return c < limit; });
}

}  // namespace

std::u32string decode_utf8(std::string_view text) {
  std::u32string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t start = i;
    UChar32 character = 0;
    U8_NEXT(text.data(), i, text.size(), character);
    if (character < 0) {
      fail(ErrorCode::invalid_argument, "text: got byte 0x{:02x} at offset {}, expected UTF-8",
           static_cast<unsigned char>(text[start]), start);
    }
    result.push_back(static_cast<char32_t>(character));
  }
  return result;
}

std::u32string decode_utf8_lossy(std::string_view text) {
  std::u32string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    UChar32 character = 0;
    U8_NEXT_OR_FFFD(text.data(), i, text.size(), character);
    result.push_back(static_cast<char32_t>(character));
  }
  return result;
}

std::string encode_utf8(std::u32string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char32_t character : text) append_utf8(result, character);
  return result;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_whitespace(char32_t character) {
  if (character < 0x80) {
    return character == ' ' || (character >= 0x09 && character <= 0x0D) ||
           (character >= 0x1C && character <= 0x1F);
  }
  return character == 0x85 || in_categories(character, U_GC_Z_MASK);
}

bool is_unicode_space(char32_t c) {
  return is_whitespace(c) && !(c >= 0x1C && c <= 0x1F);
}

bool is_letter(char32_t character) {
  return in_categories(character, U_GC_L_MASK);
}

bool is_number(char32_t character) {
  return in_categories(character, U_GC_N_MASK);
}

bool is_decimal_digit(char32_t character) {
  return in_categories(character, U_GC_ND_MASK);
}

bool is_punctuation(char32_t character) {
  return in_categories(character, U_GC_P_MASK);
}

bool is_control(char32_t character) {
  return in_categories(character, U_GC_CC_MASK | U_GC_CF_MASK);
}

bool is_nonspacing_mark(char32_t character) {
  return in_categories(character, U_GC_MN_MASK);
}

std::u32string normalise(std::u32string_view text, NormalForm form) {
  if (all_below(text, first_changed_character(form))) return std::u32string(text);
  const std::u16string source = to_utf16(text);
  return from_utf16(
      filled_by(source.size() * 2, [&](char16_t* out, std::int32_t capacity, UErrorCode* status) {
        return unorm2_normalize(normaliser(form), source.data(),
                                static_cast<std::int32_t>(source.size()), out, capacity, status);
      }));
}

std::u32string lower_case(std::u32string_view text) {
  std::u32string result(text);
  for (char32_t& character : result) {
    if (character >= 'A' && character <= 'Z') character += 'a' - 'A';
  }
  if (all_below(result, 0x80)) return result;
  const std::u16string source = to_utf16(result);
  return from_utf16(
      filled_by(source.size() * 2, [&](char16_t* out, std::int32_t capacity, UErrorCode* status) {
        return u_strToLower(out, capacity, source.data(), static_cast<std::int32_t>(source.size()),
                            "", status);
      }));
}

std::u32string lower_case_of_each(std::u32string_view text) {
  std::u32string result;
  for (const char32_t& character : text) result += lower_case({&character, 1});
  return result;
}

std::u32string upper_case(std::u32string_view text) {
  const std::u16string source = to_utf16(text);
  return from_utf16(
      filled_by(source.size() * 2, [&](char16_t* out, std::int32_t capacity, UErrorCode* status) {
        return u_strToUpper(out, capacity, source.data(), static_cast<std::int32_t>(source.size()),
                            "", status);
      }));
}

}  // namespace diptych::text
