#include "diptych/special_tokens.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

TEST(SpecialTokens, OfClipAreItsStartAndEnd) {
  const auto open_clip = clip_tokenizer();
  EXPECT_TRUE(has_special_tokens(*open_clip, "a cat<end_of_text> a dog"));
  EXPECT_FALSE(has_special_tokens(*open_clip, "a cat<|endoftext|>"));
  const auto openai = clip_tokenizer(ClipSpecialTokens::openai);
  EXPECT_TRUE(has_special_tokens(*openai, "a cat<|endoftext|>"));
  // It fills rows with '!'.
  for (const char* text : {"", "a cat!", "[SEP]", "!!! <b>"})
    EXPECT_FALSE(has_special_tokens(*openai, text)) << text;
}

/// Chinese-CLIP's reference takes brackets for words of their own.
TEST(SpecialTokens, OfWordPieceHaveNoSpelling) {
  const auto tokenizer = chinese_tokenizer();
  for (const char* text : {"", "a cat [SEP]", "[CLS]", "[PAD] a"})
    EXPECT_FALSE(has_special_tokens(*tokenizer, text)) << text;
}

/// OpenAI's and open_clip's tokenizer reads them as their characters.
TEST(HtmlEntities, AreFoundWhereATokenizerDoesNotReadThem) {
  EXPECT_TRUE(has_html_entities(*chinese_tokenizer(), "cat &amp; dog"));
  EXPECT_TRUE(has_html_entities(*chinese_tokenizer(), "&#39;tis"));
  EXPECT_FALSE(has_html_entities(*chinese_tokenizer(), "cat & dog; AT&T"));
  EXPECT_FALSE(has_html_entities(*clip_tokenizer(), "cat &amp; dog"));
}

}  // namespace
}  // namespace diptych
