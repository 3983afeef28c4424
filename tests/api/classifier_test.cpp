#include "diptych/classifier.h"

#include <gtest/gtest.h>

#include <numeric>

#include "api/fixtures.h"
#include "diptych/error.h"
#include "support/support.h"

namespace diptych {
namespace {

class ClassifierTest : public ::testing::Test {
 protected:
  ClassifierTest() : encoder_(load()) {}

  Model load() const {
    test::write_tiny_model(folder_.path());
    return Model::load(folder_.path().string());
  }

  test::TemporaryFolder folder_;
  Encoder encoder_;
};

TEST_F(ClassifierTest, ClassEmbeddingsHaveUnitLengthAndScoresSumToOne) {
  const Classifier classifier(encoder_, {"red", "green", "blue"}, {"a {}", "photo of {label}"});
  for (std::size_t i = 0; i < 3; ++i) {
    const auto row = classifier.class_embeddings().row(i);
    EXPECT_NEAR(std::inner_product(row.begin(), row.end(), row.begin(), 0.0), 1.0,
                test::accumulation_tolerance(row.size(), 1.0));
  }
  Matrix picture(1, 16);
  picture.values[3] = 1.0F;
  const Matrix scores = classifier.scores(picture);
  EXPECT_NEAR(std::accumulate(scores.values.begin(), scores.values.end(), 0.0), 1.0,
              test::accumulation_tolerance(3, 1.0));
}

TEST_F(ClassifierTest, AClassEmbeddingOfItsOwnScoresBest) {
  const Classifier classifier(encoder_, {"red", "green", "blue"});
  const Matrix scores = classifier.scores(classifier.class_embeddings());
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(largest(scores.row(i), 1).front().index, i);
}

TEST_F(ClassifierTest, WhatCannotBeClassesIsRefused) {
  EXPECT_THROW(Classifier(encoder_, {}), Error);
  EXPECT_THROW(Classifier(encoder_, {"red", "red"}), Error);
  EXPECT_THROW(Classifier(encoder_, {"red"}, {}), Error);
  EXPECT_THROW(Classifier(encoder_, {"red"}, {"no place"}), Error);
}

TEST_F(ClassifierTest, EmbeddingsOfAnotherWidthAreRefused) {
  const Classifier classifier(encoder_, {"red"});
  EXPECT_THROW(classifier.scores(Matrix(1, 15)), Error);
}

}  // namespace
}  // namespace diptych
