#include "evaluate/label_notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluate/fakes.h"

namespace diptych::evaluate {
namespace {

using test::matrix;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Texts = std::vector<std::string>;

/// Reads four bytes a text, no "?", and "$" as the end.
class ForgetfulEmbedder final : public Embedder {
 public:
  EncodedImages embed_images(std::span<const std::filesystem::path>,
                             const Progress&) const override {
    return {};
  }
  Matrix embed_texts(std::span<const std::string>) const override { return {}; }
  Loss loss_of(const std::string& text) const override {
    return {.is_cut = text.size() > 4,
            .has_unknown_words = text.find('?') != std::string::npos,
            .has_special_tokens = text.find('$') != std::string::npos,
            .has_html_entities = text.find('&') != std::string::npos};
  }
};

const test::FakeEmbedder kReader({});

TEST(LabelNotes, AreNoneForLabelsThatDiffer) {
  EXPECT_THAT(label_notes("label", Texts{"a cat", "a dog"}, Texts{"{}", "see: {label}"}, kReader,
                          matrix({{1, 0}, {0, 1}})),
              IsEmpty());
  EXPECT_THAT(label_notes("label", Texts{"cat", "a", "another dog"}, Texts{"a {}", "the {label}"},
                          kReader, matrix({{1, 0}, {0, 1}, {1, 1}})),
              IsEmpty());
}

TEST(LabelNotes, QuoteTheTextWithTwoArticles) {
  EXPECT_THAT(label_notes("label", Texts{"dog", "The cat"}, Texts{"{}", "A photo of a {label}"},
                          kReader, matrix({{1, 0}, {0, 1}})),
              ElementsAre(HasSubstr("'A photo of a The cat'")));
  EXPECT_THAT(label_notes("label", Texts{"a cat"}, Texts{"the {}"}, kReader, matrix({{1, 0}})),
              ElementsAre(HasSubstr("'the a cat'")));
}

TEST(LabelNotes, NameTheLabelsThatNoPictureTellsApart) {
  const Matrix rows = matrix({{1, 0}, {0, 1}, {1, 0}, {0, 1}, {0, 1}, {0, 1}, {0.5F, 1}});
  EXPECT_THAT(
      label_notes("class name", Texts{"a", "b", "A", "c", "d", "e", "f"}, {}, kReader, rows),
      ElementsAre(HasSubstr("class names 'a', 'A' are"),
                  HasSubstr("class names 'b', 'c', 'd' and 1 more are")));
}

TEST(LabelNotes, NameTheLabelsThatAreNotReadWhole) {
  EXPECT_THAT(label_notes("label", Texts{"cat", "?", "horse"}, Texts{"{}", "a {}"},
                          ForgetfulEmbedder(), matrix({{1, 0}, {0, 1}, {1, 1}})),
              ElementsAre(HasSubstr("cut off: label 'cat', 'horse'"),
                          HasSubstr("does not know: label '?'")));
}

TEST(LabelNotes, QuoteWhatLooksLikeAPlaceAndIsNone) {
  EXPECT_THAT(
      label_notes("label", Texts{"{x}"}, Texts{"{} of {country}"}, kReader, matrix({{1, 0}})),
      ElementsAre(HasSubstr("'{country}'")));
  EXPECT_THAT(label_notes("label", Texts{"{x}"}, Texts{"{}"}, kReader, matrix({{1, 0}})),
              IsEmpty());
}

TEST(LabelNotes, NameTheLabelsThatSpellASpecialToken) {
  EXPECT_THAT(label_notes("label", Texts{"cat", "$ x"}, Texts{"{}"}, ForgetfulEmbedder(),
                          matrix({{1, 0}, {0, 1}})),
              ElementsAre(HasSubstr("takes for a text's start or end: label '$ x'")));
}

TEST(LabelNotes, QuoteATemplateThatIsGivenTwice) {
  EXPECT_THAT(
      label_notes("label", Texts{"x"}, Texts{"{}", "see {}", "{}"}, kReader, matrix({{1, 0}})),
      ElementsAre(HasSubstr("'{}' is given twice, and counts twice")));
}

TEST(LabelNotes, QuoteATemplateWithMarksOfAProgram) {
  const auto notes = [](const std::string& prompt) {
    return label_notes("label", Texts{"cat"}, Texts{prompt}, kReader, matrix({{1, 0}}));
  };
  for (const char* prompt : {"f\"a {label}.\"", "'a {}'", " \"{}\""})
    EXPECT_THAT(notes(prompt), ElementsAre(HasSubstr("quotes around the template"))) << prompt;
  EXPECT_THAT(notes("see: a{}"), ElementsAre(HasSubstr("one word with what stands before it")));
  EXPECT_THAT(notes("- a {}"), ElementsAre(HasSubstr("what stands before a template")));
  EXPECT_THAT(notes("['{}', 'a {}']"), Contains(HasSubstr("what stands before a template")));
  EXPECT_THAT(notes("a_{}"), Contains(HasSubstr("is no blank to the model: 'a_{}'")));
  EXPECT_THAT(notes("<b>{}</b>"), Contains(HasSubstr("markup")));
  EXPECT_THAT(notes("a {}\nb {}"), Contains(HasSubstr("the label in it several times")));
  for (const char* prompt : {"a {}s", "一张{}的照片", "{}{}", "\"{}\" is it", "#{}"})
    EXPECT_THAT(notes(prompt), IsEmpty()) << prompt;
}

TEST(LabelNotes, QuoteATemplateThatIsAnotherByItsSpellingAlone) {
  EXPECT_THAT(
      label_notes("label", Texts{"x"}, Texts{"a {}", " a {label}"}, kReader, matrix({{1, 0}})),
      ElementsAre(HasSubstr("' a {label}' is given twice, and counts twice")));
}

TEST(LabelNotes, NameTheLabelsWithHtmlsEntities) {
  EXPECT_THAT(label_notes("label", Texts{"cat", "a&b"}, Texts{"{}"}, ForgetfulEmbedder(),
                          matrix({{1, 0}, {0, 1}})),
              ElementsAre(HasSubstr("HTML's spelling of characters, which the model takes for "
                                    "words: label 'a&b'")));
}

TEST(LabelNotes, QuoteATemplateThatIsNotReadAsItIs) {
  EXPECT_THAT(label_notes("label", Texts{"x"}, Texts{"{}", "$ {}?", "&{}"}, ForgetfulEmbedder(),
                          matrix({{1, 0}})),
              ElementsAre(HasSubstr("'$ {}?' has words that the model does not know"),
                          HasSubstr("'$ {}?' has what the tokenizer takes"),
                          HasSubstr("'&{}' has HTML's spelling")));
}

}  // namespace
}  // namespace diptych::evaluate
