#include "diptych/prompts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diptych/error.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

std::string message_of(const std::vector<std::string>& labels) {
  try {
    check_labels(labels);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
  return "";
}

TEST(Prompts, PublishedSetsHaveTheirSizesAndAPlaceEach) {
  EXPECT_EQ(prompt_templates("openai_80").size(), 80U);
  EXPECT_EQ(prompt_templates("simple_7").size(), 7U);
  for (const std::string& prompt : prompt_templates("openai_80")) {
    EXPECT_TRUE(has_place_for_label(prompt)) << prompt;
  }
  EXPECT_THROW(prompt_templates("openai_81"), Error);
}

TEST(Prompts, BothSpellingsOfThePlaceAreFilled) {
  EXPECT_EQ(fill_template(kDefaultTemplate, "cat"), "A photo of a cat");
  EXPECT_EQ(fill_template("a {} and a {label}", "dog"), "a dog and a dog");
}

TEST(Prompts, ALabelWithBracesIsNotFilledAgain) {
  EXPECT_EQ(fill_template("{label}!", "{}"), "{}!");
}

TEST(Prompts, ATemplateWithoutAPlaceIsRefused) {
  EXPECT_THROW(fill_template("a photo", "cat"), Error);
}

TEST(Prompts, TemplatesAreCheckedAlone) {
  const auto message = [](const std::string& prompt) -> std::string {
    try {
      check_templates(std::vector<std::string>{"{} first", prompt});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message("a {label}"), "");
  for (const char* prompt : {"a photo of a", "a {c}", "a %s", "{ label }", ""}) {
    EXPECT_THAT(message(prompt), HasSubstr(std::string("'") + prompt + "'"));
  }
  EXPECT_THAT(message("\xC3( {}"), HasSubstr("UTF-8"));
}

TEST(Prompts, ALabelIsPutIntoItsDefaultOrIntoWhatIsGivenLiterally) {
  EXPECT_EQ(label_prompts("a cat", {}), std::vector<std::string>{"A photo of a cat"});
  const std::vector<std::string> templates = {"A photo of a {label}", "{}!"};
  EXPECT_EQ(label_prompts("a cat", templates),
            (std::vector<std::string>{"A photo of a a cat", "a cat!"}));
}

TEST(Prompts, LabelsMustBeTextsAndDiffer) {
  EXPECT_EQ(message_of({"cat", "dog"}), "");
  EXPECT_NE(message_of({}), "");
  EXPECT_THAT(message_of({"cat", ""}), HasSubstr("label 2"));
  for (const char* blank : {" ", "\u3000", "\u200b", "\t\u00a0"})
    EXPECT_THAT(message_of({"cat", blank}), HasSubstr("label 2"));
  EXPECT_THAT(message_of({"cat", "dog", "cat"}), HasSubstr("label 3"));
  EXPECT_THAT(message_of({"\xC3("}), HasSubstr("label 1"));
}

}  // namespace
}  // namespace diptych
