#include "evaluate/class_embeddings.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "diptych/error.h"
#include "evaluate/fakes.h"
#include "support/support.h"

namespace diptych::evaluate {
namespace {

using test::FakeEmbedder;

TEST(ClassEmbeddings, NormaliseThenAverageThenNormalise) {
  // Lengths differ: an average before normalising would lean to the second text.
  const FakeEmbedder embedder(
      {{"a cat", {1, 0}}, {"my cat", {0, 100}}, {"a dog", {2, 0}}, {"my dog", {3, 0}}});
  const std::vector<std::string> labels = {"cat", "dog"};
  const std::vector<std::string> templates = {"a {}", "my {label}"};
  const Matrix classes = class_embeddings(embedder, labels, templates);
  ASSERT_EQ(classes.rows, 2U);
  const auto half = static_cast<float>(std::sqrt(0.5));
  EXPECT_FLOAT_EQ(classes.row(0)[0], half);
  EXPECT_FLOAT_EQ(classes.row(0)[1], half);
  EXPECT_EQ(classes.row(1)[0], 1.0F);
  EXPECT_EQ(classes.row(1)[1], 0.0F);
}

TEST(ClassEmbeddings, AreTheSameInManySteps) {
  std::map<std::string, std::vector<float>> table;
  std::vector<std::string> labels;
  for (int i = 0; i < 5000; ++i) {
    labels.push_back(std::to_string(i));
    table[labels.back() + "!"] = {static_cast<float>(i), 1};
  }
  std::vector<std::size_t> done;
  const Matrix classes =
      class_embeddings(FakeEmbedder(table), labels, std::vector<std::string>{"{}!"},
                       [&](std::size_t count, std::size_t) { done.push_back(count); });
  EXPECT_EQ(done, (std::vector<std::size_t>{4096, 5000}));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    EXPECT_FLOAT_EQ(classes.row(i)[0] / classes.row(i)[1], static_cast<float>(i));
  }
}

TEST(ClassEmbeddings, PutEachLabelIntoItsOwnTemplateWhenNoneIsGiven) {
  const FakeEmbedder embedder({{"A photo of a cat", {1, 0}}, {"A photo of the moon", {0, 1}}});
  const Matrix classes =
      class_embeddings(embedder, std::vector<std::string>{"cat", "the moon"}, {});
  EXPECT_EQ(classes.values, (std::vector<float>{1, 0, 0, 1}));
}

TEST(ClassEmbeddings, RefuseAModelThatGivesNoNumbers) {
  const FakeEmbedder embedder({{"cat", {std::numeric_limits<float>::quiet_NaN(), 0}}});
  EXPECT_THROW(
      class_embeddings(embedder, std::vector<std::string>{"cat"}, std::vector<std::string>{"{}"}),
      Error);
}

TEST(ClassEmbeddings, RefuseTemplatesThatDoNotServe) {
  const FakeEmbedder embedder({{"cat", {1, 0}}});
  const std::vector<std::string> labels = {"cat"};
  EXPECT_THROW(class_embeddings(embedder, labels, std::vector<std::string>{"a photo"}), Error);
}

}  // namespace
}  // namespace diptych::evaluate
