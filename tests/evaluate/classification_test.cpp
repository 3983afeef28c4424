#include <gtest/gtest.h>

#include <limits>

#include "diptych/error.h"
#include "diptych/evaluate.h"
#include "evaluate/fakes.h"

namespace diptych {
namespace {

using evaluate::test::matrix;

const std::vector<std::string> kNames = {"cat", "dog", "fox"};

ClassificationReport report_for(const Matrix& scores, const std::vector<std::size_t>& right,
                                const std::vector<std::string>& names = kNames) {
  return evaluate_classification(scores, right, names, std::vector<std::size_t>{1, 2});
}

TEST(Classification, CountsAsByHand) {
  // Three cats, of which one is right and one second; one dog, which is right; no fox.
  const Matrix scores = matrix({{3, 1, 2}, {2, 3, 1}, {1, 3, 2}, {0, 5, 1}});
  const ClassificationReport report = report_for(scores, {0, 0, 0, 1});
  EXPECT_EQ(report.images, 4U);
  EXPECT_EQ(report.classes, 3U);
  EXPECT_EQ(report.accuracy[0].share, 2.0 / 4);
  EXPECT_EQ(report.accuracy[1].share, 3.0 / 4);
  EXPECT_EQ(report.mean_per_class_recall, (1.0 / 3 + 1.0) / 2);
  ASSERT_EQ(report.per_class.size(), 2U);
  EXPECT_EQ(report.per_class[0].name, "cat");
  EXPECT_EQ(report.per_class[0].images, 3U);
  EXPECT_EQ(report.per_class[0].recall, 1.0 / 3);
  EXPECT_EQ(report.per_class[1].recall, 1.0);
}

TEST(Classification, AModelWithoutOpinionScoresAsChance) {
  const ClassificationReport report = report_for(Matrix(3, 3), {0, 1, 2});
  EXPECT_EQ(report.accuracy[0].share, 1.0 / 3);
  EXPECT_EQ(report.accuracy[1].share, 2.0 / 3);
}

TEST(Classification, RefusesWhatDoesNotFit) {
  EXPECT_THROW(report_for(Matrix(0, 3), {}), Error);
  EXPECT_THROW(report_for(Matrix(2, 3), {0}), Error);
  EXPECT_THROW(report_for(Matrix(1, 2), {0}), Error);
  EXPECT_THROW(report_for(Matrix(1, 3), {3}), Error);
  EXPECT_THROW(report_for(matrix({{0, std::numeric_limits<float>::quiet_NaN(), 0}}), {0}), Error);
}

}  // namespace
}  // namespace diptych
