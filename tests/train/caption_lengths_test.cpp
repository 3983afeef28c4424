#include "train/caption_lengths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diptych/error.h"

namespace diptych::train {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(CaptionLengths, CountCaptionsWhoseEndIsNotSeen) {
  const auto tokenizer = clip_tokenizer();
  const std::vector<std::string> captions = {"a cat", "a cat on a mat", "a dog on a mat"};
  EXPECT_EQ(check_caption_lengths(captions, *tokenizer, 7), std::nullopt);
  EXPECT_THAT(check_caption_lengths(captions, *tokenizer, 4).value_or(""),
              AllOf(HasSubstr("longer than the 4 tokens"), HasSubstr("2 of 3"),
                    HasSubstr("of 3 different ones 2 are left")));
  EXPECT_THAT(check_caption_lengths({"a cat", "two dogs on a mat"}, *tokenizer, 4).value_or(""),
              AllOf(HasSubstr("1 of 2"), Not(HasSubstr("different"))));
}

TEST(CaptionLengths, ThatLeaveNothingToLearnAreRefused) {
  const auto tokenizer = clip_tokenizer();
  EXPECT_THROW(check_caption_lengths({"cat", "dog"}, *tokenizer, 2), Error);
  EXPECT_NE(check_caption_lengths({"cat", "cat"}, *tokenizer, 2), std::nullopt)
      << "they were the same before";
}

}  // namespace
}  // namespace diptych::train
