#include <gtest/gtest.h>

#include <string>

#include "diptych/prompts.h"

namespace diptych {
namespace {

std::string text_of(std::string_view label, PromptLanguage language = PromptLanguage::english) {
  return label_prompts(label, {}, language).front();
}

TEST(DefaultTemplate, IsClipsForANoun) {
  EXPECT_EQ(default_template("cat"), kDefaultTemplate);
  for (const char* label :
       {"cat", "theatre", "Anna", "A", "the", "a ", "ant hill", "crème brûlée", "2001", "🐈", ""}) {
    EXPECT_EQ(text_of(label), std::string("A photo of a ") + label);
  }
}

TEST(DefaultTemplate, HasNoSecondArticle) {
  for (const char* label : {"a cat", "an apple", "the moon", "A cat", "THE END", "a slice of pizza",
                            "two dogs", "my house", "these shoes"}) {
    EXPECT_EQ(text_of(label), std::string("A photo of ") + label);
  }
}

TEST(DefaultTemplate, IsChineseForChineseLabels) {
  EXPECT_EQ(text_of("猫"), "一张猫的照片");
  EXPECT_EQ(text_of("T恤"), "一张T恤的照片");
  EXPECT_EQ(text_of("一只猫"), "一只猫的照片");
  EXPECT_EQ(text_of("两架飞机"), "两架飞机的照片");
  EXPECT_EQ(text_of("十字架"), "一张十字架的照片");
}

TEST(DefaultTemplate, IsTheModelsLanguageForLabelsThatDoNotShowTheirs) {
  EXPECT_EQ(text_of("iPhone", PromptLanguage::chinese), "一张iPhone的照片");
  EXPECT_EQ(text_of("a cat", PromptLanguage::chinese), "A photo of a cat");
}

TEST(DefaultTemplate, LeavesOtherScriptsAlone) {
  for (const char* label : {"кошка", "ネコ", "猫の写真", "고양이", "قطة"}) {
    EXPECT_EQ(text_of(label), label);
  }
}

TEST(DefaultTemplate, LeavesWhatNamesAPictureAlone) {
  for (const char* label :
       {"a photo of a cat", "Photo of a cat", "a black and white photo of a cat",
        "an oil painting of the sea", "一张猫的照片", "猫的图片"}) {
    EXPECT_EQ(text_of(label), label);
  }
  EXPECT_EQ(text_of("telephoto of stars"), "A photo of a telephoto of stars");
}

}  // namespace
}  // namespace diptych
