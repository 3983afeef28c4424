#include "curate/word_splitter.h"

#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

#include "base/error.h"
#include "curate/query_lists.h"

namespace diptych::curate {

namespace {

bool is_word_letter(UChar32 character) {
  return u_isalnum(character) != 0 || (U_GET_GC_MASK(character) & U_GC_M_MASK) != 0;
}

bool joins(UChar32 character) {
  return character == '\'' || character == 0x2019 || character == '-';
}

}  // namespace

struct WordSplitter::Breaks {
  std::unique_ptr<icu::BreakIterator> iterator;
};

WordSplitter::WordSplitter(std::string_view language) {
  if (script_of(language) != Script::unspaced) return;
  UErrorCode error = U_ZERO_ERROR;
  const icu::Locale locale(std::string(language).c_str());
  breaks_ = std::make_unique<Breaks>();
  breaks_->iterator.reset(icu::BreakIterator::createWordInstance(locale, error));
  if (U_FAILURE(error) != 0) {
    fail(ErrorCode::unsupported, "language: got {}, which ICU does not cut into words: {}",
         language, u_errorName(error));
  }
}

WordSplitter::~WordSplitter() = default;

void WordSplitter::split(std::string_view text,
                         const std::function<void(std::string_view, bool)>& take) {
  if (!breaks_) return split_by_spaces(text, take);
  UErrorCode error = U_ZERO_ERROR;
  UText* opened =
      utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &error);
  breaks_->iterator->setText(opened, error);
  if (U_SUCCESS(error) != 0) {
    std::int32_t begin = breaks_->iterator->first();
    std::int32_t last_end = -1;
    for (std::int32_t end = breaks_->iterator->next(); end != icu::BreakIterator::DONE;
         begin = end, end = breaks_->iterator->next()) {
      const bool is_word = breaks_->iterator->getRuleStatus() >= UBRK_WORD_NONE_LIMIT;
      const auto size = static_cast<std::size_t>(end - begin);
      if (!is_word || size > kMaxWord) continue;
      take(text.substr(static_cast<std::size_t>(begin), size), begin == last_end);
      last_end = end;
    }
  }
  utext_close(opened);
}

void WordSplitter::split_by_spaces(std::string_view text,
                                   const std::function<void(std::string_view, bool)>& take) {
  const char* bytes = text.data();
  const auto size = static_cast<std::int64_t>(text.size());
  std::int64_t begin = -1;  // of the word
  std::int64_t end = 0;     // after its last letter
  bool follows = false;     // the word that is begun
  bool only_space = false;  // since the last word
  const auto finish = [&] {
    if (begin < 0) return;
    const auto length = static_cast<std::size_t>(end - begin);
    only_space = length <= kMaxWord;
    if (only_space) take(text.substr(static_cast<std::size_t>(begin), length), follows);
    begin = -1;
  };
  for (std::int64_t at = 0; at < size;) {
    const std::int64_t here = at;
    UChar32 character = 0;
    U8_NEXT(bytes, at, size, character);
    if (character >= 0 && is_word_letter(character)) {
      if (begin < 0) {
        begin = here;
        follows = only_space;
      }
      end = at;
      continue;
    }
    if (begin >= 0 && joins(character) && here == end) continue;
    const bool is_joined_badly = begin >= 0 && here != end;
    finish();
    only_space = only_space && character == ' ' && !is_joined_badly;
  }
  finish();
}

}  // namespace diptych::curate
