#include "network/operations/sequences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace diptych::network {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Sequences of_lengths(std::initializer_list<int> lengths) {
  Sequences sequences;
  for (const int length : lengths) sequences.append(length);
  return sequences;
}

TEST(Sequences, StartEmpty) {
  const Sequences sequences;
  EXPECT_EQ(sequences.count(), 0);
  EXPECT_EQ(sequences.tokens(), 0);
  EXPECT_THAT(sequences.first_rows(), IsEmpty());
  EXPECT_THAT(sequences.last_rows(), IsEmpty());
  EXPECT_THAT(sequences.positions(), IsEmpty());
}

TEST(Sequences, KnowTheRowsOfEach) {
  const Sequences sequences = of_lengths({3, 1, 2});
  EXPECT_EQ(sequences.count(), 3);
  EXPECT_EQ(sequences.tokens(), 6);
  EXPECT_EQ(sequences.begin(2), 4);
  EXPECT_EQ(sequences.length(2), 2);
  EXPECT_THAT(sequences.first_rows(), ElementsAre(0, 3, 4));
  EXPECT_THAT(sequences.last_rows(), ElementsAre(2, 3, 5));
  EXPECT_THAT(sequences.positions(), ElementsAre(0, 1, 2, 0, 0, 1));
}

TEST(Sequences, GrowByOneRowEach) {
  EXPECT_THAT(of_lengths({3, 0, 2}).with_one_more().offsets, ElementsAre(0, 4, 5, 8));
}

TEST(Sequences, AreUniformOnRequest) {
  EXPECT_THAT(Sequences::uniform(3, 2).offsets, ElementsAre(0, 2, 4, 6));
  EXPECT_EQ(Sequences::uniform(0, 2).count(), 0);
}

TEST(Tokens, PackTextsOneAfterAnother) {
  Tokens tokens;
  tokens.append(std::array<std::int32_t, 2>{5, 6});
  tokens.append(std::array<std::int32_t, 1>{7});
  EXPECT_THAT(tokens.ids, ElementsAre(5, 6, 7));
  EXPECT_THAT(tokens.sequences.offsets, ElementsAre(0, 2, 3));
}

}  // namespace
}  // namespace diptych::network
