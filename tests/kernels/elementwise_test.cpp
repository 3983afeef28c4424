#include "kernels/elementwise.h"

#include <gtest/gtest.h>

#include "kernels/test_matrix.h"

namespace diptych {
namespace {

using test::TestMatrix;

TEST(ElementwiseTest, AddsMultipliesAndScales) {
  ThreadPool pool(3);
  const TestMatrix a = TestMatrix::random(300, 37, 1);
  const TestMatrix b = TestMatrix::random(300, 37, 2);
  TestMatrix sum(300, 37);
  TestMatrix product(300, 37);
  TestMatrix scaled(300, 37);
  kernels::add(a.view(), b.view(), sum.view(), pool);
  kernels::multiply(a.view(), b.view(), product.view(), pool);
  kernels::scale_columns(a.view(), b.view().row(7), scaled.view(), pool);
  for (int row = 0; row < 300; ++row) {
    for (int i = 0; i < 37; ++i) {
      ASSERT_EQ(sum.at(row, i), a.at(row, i) + b.at(row, i));
      ASSERT_EQ(product.at(row, i), a.at(row, i) * b.at(row, i));
      ASSERT_EQ(scaled.at(row, i), a.at(row, i) * b.at(7, i));
    }
  }
}

TEST(ElementwiseTest, WorksInPlace) {
  ThreadPool pool(1);
  const TestMatrix a = TestMatrix::random(2, 9, 1);
  TestMatrix x = a;
  kernels::multiply(x.view(), a.view(), x.view(), pool);
  kernels::scale_columns(x.view(), a.view().row(0), x.view(), pool);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(x.at(1, i), a.at(1, i) * a.at(1, i) * a.at(0, i));
}

}  // namespace
}  // namespace diptych
