#include "diptych/classifier.h"

#include <gtest/gtest.h>

#include <cmath>
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
  const Classifier classifier(encoder_, {"red", "green", "blue"},
                              {.templates = {"a {}", "photo of {label}"}});
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
  EXPECT_THROW(Classifier(encoder_, {"red"}, {.templates = {"no place"}}), Error);
}

TEST_F(ClassifierTest, LabelsAreInTheirDefaultTemplatesUnlessOthersAreGiven) {
  const Classifier classifier(encoder_, {"a red", "猫"});
  EXPECT_EQ(classifier.prompts(0), std::vector<std::string>{"A photo of a red"});
  EXPECT_EQ(classifier.prompts(1), std::vector<std::string>{"一张猫的照片"});
  const Classifier literal(encoder_, {"a red"}, {.templates = {"a {}", "{}"}});
  EXPECT_EQ(literal.prompts(0), (std::vector<std::string>{"a a red", "a red"}));
}

TEST_F(ClassifierTest, ABiasedModelsScoresAreSigmoidsOfEachLabelAlone) {
  const test::TemporaryFolder folder;
  test::write_tiny_biased_model(folder.path());
  const Encoder encoder(Model::load(folder.path().string()));
  ASSERT_TRUE(encoder.model().info().has_logit_bias);
  const Classifier alone(encoder, {"red"});
  const Classifier among_others(encoder, {"blue", "red"});
  EXPECT_EQ(alone.score_kind(), ScoreKind::sigmoid);
  EXPECT_TRUE(alone.notes().empty());
  const Matrix pictures = among_others.class_embeddings();
  const Matrix scores = alone.scores(pictures);
  const Matrix cosines = alone.cosines(pictures);
  for (std::size_t i = 0; i < pictures.rows; ++i) {
    const double expected = 1.0 / (1.0 + std::exp(10.0 - 20.0 * cosines.row(i)[0]));
    EXPECT_NEAR(scores.row(i)[0], expected, 1e-5);
    EXPECT_EQ(scores.row(i)[0], among_others.scores(pictures).row(i)[1]);
  }
}

TEST_F(ClassifierTest, IndependentScoresOfAModelWithoutABiasAreCosines) {
  const Classifier classifier(encoder_, {"red"}, {.independent = true});
  EXPECT_EQ(classifier.score_kind(), ScoreKind::cosine);
  EXPECT_TRUE(classifier.notes().empty());
  const Matrix pictures = classifier.class_embeddings();
  EXPECT_EQ(classifier.scores(pictures).values, classifier.cosines(pictures).values);
  EXPECT_NEAR(classifier.scores(pictures).values[0], 1.0, test::accumulation_tolerance(16, 1.0));
}

TEST_F(ClassifierTest, OneLabelUnderSoftmaxIsNoted) {
  EXPECT_EQ(Classifier(encoder_, {"red"}).notes().size(), 1U);
  EXPECT_TRUE(Classifier(encoder_, {"red", "blue"}).notes().empty());
}

TEST_F(ClassifierTest, LabelsThatAreTheSameToTheModelAreNoted) {
  EXPECT_EQ(Classifier(encoder_, {"red", "Red", "blue"}).notes().size(), 1U);
}

TEST_F(ClassifierTest, EmbeddingsThatAreNotFiniteAreRefused) {
  const Classifier classifier(encoder_, {"red"});
  Matrix pictures(2, 16);
  pictures.values.back() = std::nanf("");
  EXPECT_THROW(classifier.scores(pictures), Error);
  EXPECT_THROW(classifier.cosines(pictures), Error);
}

TEST_F(ClassifierTest, EmbeddingsOfAnotherWidthAreRefused) {
  const Classifier classifier(encoder_, {"red"});
  EXPECT_THROW(classifier.scores(Matrix(1, 15)), Error);
}

}  // namespace
}  // namespace diptych
