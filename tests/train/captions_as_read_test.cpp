#include "train/captions_as_read.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diptych/error.h"
#include "text/tokenizer_spec.h"

namespace diptych::train {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// One that knows "a", "red" and "cat".
std::shared_ptr<const Tokenizer> tokenizer_of_few_words() {
  return text::make_tokenizer({.kind = text::TokenizerSpec::Kind::wordpiece,
                               .vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nred\ncat\n"},
                              "test");
}

TEST(CaptionsAsRead, CountThoseWhoseEndIsNotSeen) {
  const auto tokenizer = clip_tokenizer();
  const std::vector<std::string> captions = {"a cat", "a cat on a mat", "a dog on a mat"};
  EXPECT_THAT(check_captions_as_read(captions, *tokenizer, 7), IsEmpty());
  EXPECT_THAT(check_captions_as_read(captions, *tokenizer, 4),
              ElementsAre(AllOf(HasSubstr("longer than the 4 tokens"), HasSubstr("2 of 3")),
                          HasSubstr("of 3 different ones looked at 2 are left, as of 'a cat' and "
                                    "'a cat on a mat'")));
  EXPECT_THAT(check_captions_as_read({"a cat", "two dogs on a mat"}, *tokenizer, 4),
              ElementsAre(HasSubstr("1 of 2")));
}

TEST(CaptionsAsRead, CountThoseThatOnlyTheTextTellsApart) {
  const auto tokenizer = clip_tokenizer();
  EXPECT_THAT(check_captions_as_read({"A cat", "a  cat", "a cat", "a dog"}, *tokenizer, 16),
              ElementsAre(HasSubstr("of 4 different ones looked at 2 are left, as of 'A cat' and "
                                    "'a  cat'")));
  EXPECT_THAT(check_captions_as_read({"a cat", "a cat"}, *tokenizer, 16), IsEmpty());
}

TEST(CaptionsAsRead, CountThoseWithWordsThatTheTokenizerDoesNotKnow) {
  const auto tokenizer = tokenizer_of_few_words();
  EXPECT_THAT(check_captions_as_read({"a cat", "a red dog", "a red fox"}, *tokenizer, 16),
              ElementsAre(HasSubstr("does not know: 2 of 3 looked at, the first: 'a red dog'"),
                          HasSubstr("as of 'a red dog' and 'a red fox'")));
}

TEST(CaptionsAsRead, ThatLeaveNothingToLearnAreRefused) {
  const auto tokenizer = clip_tokenizer();
  EXPECT_THROW(check_captions_as_read({"cat", "dog"}, *tokenizer, 2), Error);
  EXPECT_THROW(check_captions_as_read({"fox", "dog"}, *tokenizer_of_few_words(), 16), Error);
  EXPECT_THAT(check_captions_as_read({"cat", "cat"}, *tokenizer, 2), SizeIs(1))
      << "they were the same before";
}

TEST(CaptionsAsRead, CountThoseThatSpellASpecialToken) {
  const auto tokenizer = clip_tokenizer(ClipSpecialTokens::openai);
  EXPECT_THAT(check_captions_as_read({"a cat", "<|endoftext|> a cat", "a red cat"}, *tokenizer, 16),
              ElementsAre(HasSubstr("1 of 3 looked at, the first: '<|endoftext|> a cat'")));
}

}  // namespace
}  // namespace diptych::train
