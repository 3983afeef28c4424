#include "evaluate/label_notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluate/fakes.h"

namespace diptych::evaluate {
namespace {

using test::matrix;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Texts = std::vector<std::string>;

TEST(LabelNotes, AreNoneForLabelsThatDiffer) {
  EXPECT_THAT(label_notes("label", Texts{"a cat", "a dog"}, Texts{"{}", "see: {label}"},
                          matrix({{1, 0}, {0, 1}})),
              IsEmpty());
  EXPECT_THAT(label_notes("label", Texts{"cat", "a", "another dog"}, Texts{"a {}", "the {label}"},
                          matrix({{1, 0}, {0, 1}, {1, 1}})),
              IsEmpty());
}

TEST(LabelNotes, QuoteTheTextWithTwoArticles) {
  EXPECT_THAT(label_notes("label", Texts{"dog", "The cat"}, Texts{"{}", "A photo of a {label}"},
                          matrix({{1, 0}, {0, 1}})),
              ElementsAre(HasSubstr("'A photo of a The cat'")));
  EXPECT_THAT(label_notes("label", Texts{"a cat"}, Texts{"the {}"}, matrix({{1, 0}})),
              ElementsAre(HasSubstr("'the a cat'")));
}

TEST(LabelNotes, NameTheLabelsThatNoPictureTellsApart) {
  const Matrix rows = matrix({{1, 0}, {0, 1}, {1, 0}, {0, 1}, {0, 1}, {0, 1}, {0.5F, 1}});
  EXPECT_THAT(label_notes("class name", Texts{"a", "b", "A", "c", "d", "e", "f"}, {}, rows),
              ElementsAre(HasSubstr("class names 'a', 'A' are"),
                          HasSubstr("class names 'b', 'c', 'd' and 1 more are")));
}

}  // namespace
}  // namespace diptych::evaluate
