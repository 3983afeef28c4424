#include "tensor/int8.h"

#include <gtest/gtest.h>

#include <vector>

namespace diptych {
namespace {

TEST(Int8Row, TheLargestMagnitudeBecomes127) {
  const std::vector<float> row = {1.0F, -2.54F, 0.3F};
  const Int8Row rounding = int8_row(row);
  EXPECT_FLOAT_EQ(rounding.scale, 0.02F);
  EXPECT_EQ(rounding.round(row[0]), 50);
  EXPECT_EQ(rounding.round(row[1]), -127);
  EXPECT_EQ(rounding.round(row[2]), 15);
}

TEST(Int8Row, ZerosStayZeros) {
  const Int8Row rounding = int8_row(std::vector<float>{0.0F, -0.0F});
  EXPECT_EQ(rounding.scale, 0.0F);
  EXPECT_EQ(rounding.round(0.0F), 0);
}

TEST(Int8Row, WhatWasRoundedIsRoundedToTheSameAgain) {
  std::vector<float> row;
  for (int i = 0; i < 1000; ++i) row.push_back(0.001F * static_cast<float>(i * i % 997) - 0.4F);
  const Int8Row first = int8_row(row);
  std::vector<float> rounded;
  for (const float value : row)
    rounded.push_back(static_cast<float>(first.round(value)) * first.scale);
  const Int8Row again = int8_row(rounded);
  for (std::size_t i = 0; i < row.size(); ++i)
    ASSERT_EQ(again.round(rounded[i]), first.round(row[i])) << i;
}

}  // namespace
}  // namespace diptych
