#include <algorithm>
#include <array>
#include <string>

#include "diptych/prompts.h"
#include "text/characters/unicode.h"
#include "text/wordpiece/basic_tokenizer.h"

namespace diptych {
namespace {

constexpr std::string_view kAsItIs = "{label}";
constexpr std::string_view kPhrase = "A photo of {label}";
constexpr std::string_view kChinese = "一张{label}的照片";
constexpr std::string_view kChinesePhrase = "{label}的照片";

constexpr std::array kDeterminers = {
    "a",   "an",    "the",  "this",  "that",  "these", "those",   "my",      "your",
    "his", "her",   "its",  "our",   "their", "some",  "any",     "no",      "one",
    "two", "three", "four", "five",  "six",   "seven", "eight",   "nine",    "ten",
    "all", "both",  "each", "every", "many",  "other", "another", "several", "few"};

constexpr std::array kPicturesOf = {"photo of ",    "photos of ", "photograph of ",  "picture of ",
                                    "pictures of ", "image of ",  "images of ",      "drawing of ",
                                    "painting of ", "sketch of ", "illustration of "};
constexpr std::array kChinesePictures = {U"照片", U"图片", U"圖片", U"图像", U"插图"};

constexpr std::u32string_view kChineseNumbers = U"一二两兩三四五六七八九十几幾这這那某每";
constexpr std::u32string_view kMeasureWords =
    U"个個只隻张張条條头頭匹位名朵片块塊辆輛架艘座棵株本把件杯碗盘盤份根台顶頂双雙对對群幅支枝颗顆"
    U"所间間口瓶串";

bool contains(std::u32string_view characters, char32_t c) {
  return characters.find(c) != std::u32string_view::npos;
}

/// A letter of neither Latin nor Chinese: Cyrillic, kana, Hangul, Arabic ...
bool is_of_another_script(char32_t c) {
  constexpr char32_t kEndOfLatin = 0x370;
  const bool is_latin =
      c < kEndOfLatin || (c >= 0x1E00 && c <= 0x1EFF) || (c >= 0xFF21 && c <= 0xFF5A);
  return !is_latin && text::is_letter(c) && !text::is_ideograph(c);
}

/// Whether the text says of itself that it describes a picture.
bool names_a_picture(const std::string& lower, std::u32string_view characters) {
  const auto stands_in_it = [&](std::string_view words) {
    const std::size_t at = lower.find(words);
    return at != std::string::npos && (at == 0 || lower[at - 1] == ' ');
  };
  return std::any_of(kPicturesOf.begin(), kPicturesOf.end(), stands_in_it) ||
         std::any_of(kChinesePictures.begin(), kChinesePictures.end(),
                     [&](const char32_t* end) { return characters.ends_with(end); });
}

bool begins_with_determiner(const std::string& lower) {
  const std::string first = lower.substr(0, lower.find(' '));
  const bool goes_on = lower.find_first_not_of(' ', first.size()) != std::string::npos;
  return goes_on &&
         std::find(kDeterminers.begin(), kDeterminers.end(), first) != kDeterminers.end();
}

bool begins_with_measure(std::u32string_view characters) {
  return characters.size() > 2 && contains(kChineseNumbers, characters[0]) &&
         contains(kMeasureWords, characters[1]);
}

}  // namespace

std::string_view default_template(std::string_view label, PromptLanguage language) {
  const std::u32string characters = text::decode_utf8_lossy(label);
  const std::string lower = text::encode_utf8(text::lower_case(characters));
  if (names_a_picture(lower, characters)) return kAsItIs;
  if (std::any_of(characters.begin(), characters.end(), is_of_another_script)) return kAsItIs;
  if (std::any_of(characters.begin(), characters.end(), text::is_ideograph))
    return begins_with_measure(characters) ? kChinesePhrase : kChinese;
  if (begins_with_determiner(lower)) return kPhrase;
  return language == PromptLanguage::chinese ? kChinese : kDefaultTemplate;
}

}  // namespace diptych
