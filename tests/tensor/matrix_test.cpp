#include "diptych/matrix.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "diptych/error.h"

namespace diptych {
namespace {

Matrix matrix(std::size_t rows, std::size_t columns, std::vector<float> values) {
  Matrix result(rows, columns);
  result.values = std::move(values);
  return result;
}

TEST(Matrix, NormalisedRowsHaveUnitLengthAndZeroStaysZero) {
  Matrix m = matrix(2, 2, {3, 4, 0, 0});
  normalise_rows(m);
  EXPECT_EQ(m.values, (std::vector<float>{0.6F, 0.8F, 0, 0}));
}

TEST(Matrix, SimilaritiesAreScaledProductsOfRows) {
  const Matrix result = similarities(matrix(1, 2, {1, 2}), matrix(2, 2, {3, 4, 5, 6}), 10.0F);
  EXPECT_EQ(result.rows, 1U);
  EXPECT_EQ(result.values, (std::vector<float>{110, 170}));
}

TEST(Matrix, SimilaritiesMayHaveABias) {
  const Matrix result = similarities(matrix(1, 1, {2}), matrix(1, 1, {3}), 10.0F, -4.0F);
  EXPECT_EQ(result.values, std::vector<float>{56});
}

TEST(Matrix, SimilaritiesOfDifferentWidthsAreRefused) {
  EXPECT_THROW(similarities(Matrix(1, 2), Matrix(1, 3)), Error);
}

TEST(Matrix, LeastCosineIsThatOfTheRowsFurthestApart) {
  const Matrix a = matrix(2, 2, {1, 0, 0, 1});
  EXPECT_EQ(least_cosine(a, a), 1.0);
  EXPECT_FLOAT_EQ(least_cosine(a, matrix(2, 2, {1, 0, 0.6F, 0.8F})), 0.8F);
  EXPECT_EQ(least_cosine(Matrix(), Matrix()), 1.0);
}

TEST(Matrix, LeastCosineOfDifferentShapesIsRefused) {
  EXPECT_THROW(least_cosine(Matrix(1, 2), Matrix(1, 3)), Error);
  EXPECT_THROW(least_cosine(Matrix(2, 2), Matrix(1, 2)), Error);
}

TEST(Matrix, SoftmaxOfLargeLogitsStaysFinite) {
  Matrix m = matrix(1, 3, {1000.0F, 1000.0F, -1000.0F});
  softmax_rows(m);
  EXPECT_EQ(m.values, (std::vector<float>{0.5F, 0.5F, 0.0F}));
}

TEST(Matrix, LargestComeFirstAndTiesKeepTheirOrder) {
  const std::vector<float> values = {1, 3, 3, 2};
  const auto top = largest(values, 3);
  ASSERT_EQ(top.size(), 3U);
  EXPECT_EQ(top[0].index, 1U);
  EXPECT_EQ(top[1].index, 2U);
  EXPECT_EQ(top[2].index, 3U);
  EXPECT_EQ(largest(values, 9).size(), 4U);
}

TEST(Matrix, NaNComesLast) {
  const std::vector<float> values = {std::nanf(""), -5};
  EXPECT_EQ(largest(values, 1).front().index, 1U);
}

}  // namespace
}  // namespace diptych
