#include "network/blocks/token_merging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace diptych::network {
namespace {

using testing::ElementsAre;
using testing::FloatEq;

// Seven rows, of which 2 and 6 are merged: 2 into 1, 6 into 5.
const std::vector<NearestRow> kNearest = {{.row = 3, .cosine = 0.99F},
                                          {.row = 1, .cosine = 0.9F},
                                          {.row = 5, .cosine = 0.1F},
                                          {.row = 5, .cosine = 0.8F}};

TEST(TokenMerging, MergesThoseThatAreMostAlike) {
  MergedRows rows(Sequences::uniform(1, 7), /*class_token=*/true);
  const RowMixture mixture = rows.merge(kNearest, 2);
  // The class token, row 4, then those at odd places.
  EXPECT_THAT(mixture.rows, ElementsAre(0, 4, 1, 2, 3, 5, 6));
  EXPECT_THAT(mixture.offsets, ElementsAre(0, 1, 2, 4, 5, 7));
  EXPECT_THAT(mixture.weights, ElementsAre(1.0F, 1.0F, 0.5F, 0.5F, 1.0F, 0.5F, 0.5F));
  EXPECT_THAT(rows.sizes(), ElementsAre(1.0F, 1.0F, 2.0F, 1.0F, 2.0F));
  EXPECT_THAT(rows.sequences().offsets, ElementsAre(0, 5));
  EXPECT_THAT(rows.key_bias(),
              ElementsAre(0.0F, 0.0F, FloatEq(std::log(2.0F)), 0.0F, FloatEq(std::log(2.0F))));
}

TEST(TokenMerging, WeighsRowsByWhatIsInThem) {
  MergedRows rows(Sequences::uniform(1, 7), /*class_token=*/true);
  rows.merge(kNearest, 2);
  // Of five rows of sizes 1, 1, 2, 1, 2 the third becomes part of the second.
  const std::vector<NearestRow> nearest = {
      {.row = 1, .cosine = 1.0F}, {.row = 1, .cosine = 0.5F}, {.row = 3, .cosine = 0.4F}};
  const RowMixture mixture = rows.merge(nearest, 1);
  EXPECT_THAT(mixture.rows, ElementsAre(0, 4, 1, 2, 3));
  EXPECT_THAT(mixture.weights,
              ElementsAre(1.0F, 1.0F, FloatEq(1.0F / 3.0F), FloatEq(2.0F / 3.0F), 1.0F));
  EXPECT_THAT(rows.sizes(), ElementsAre(1.0F, 2.0F, 3.0F, 1.0F));
}

TEST(TokenMerging, WithoutAClassTokenTakesEveryRow) {
  MergedRows rows(Sequences::uniform(1, 7), /*class_token=*/false);
  rows.merge(kNearest, 1);
  EXPECT_THAT(rows.sizes(), ElementsAre(1.0F, 1.0F, 1.0F, 1.0F, 2.0F, 1.0F));
}

TEST(TokenMerging, MergesNoMoreThanHalfOfTheRows) {
  MergedRows rows(Sequences::uniform(1, 7), /*class_token=*/true);
  rows.merge(kNearest, 100);
  EXPECT_THAT(rows.sizes(), ElementsAre(1.0F, 2.0F, 1.0F, 3.0F));
}

TEST(TokenMerging, LeavesAloneWhatIsLikeNothing) {
  MergedRows rows(Sequences::uniform(1, 4), /*class_token=*/false);
  rows.merge(std::vector<NearestRow>{{.row = 0, .cosine = -2.0F}, {.row = 1, .cosine = 0.0F}}, 2);
  EXPECT_THAT(rows.sizes(), ElementsAre(1.0F, 2.0F, 1.0F));
  MergedRows one(Sequences::uniform(1, 1), /*class_token=*/false);
  one.merge(std::vector<NearestRow>{{.row = 0, .cosine = -2.0F}}, 1);
  EXPECT_THAT(one.sizes(), ElementsAre(1.0F));
}

TEST(TokenMerging, KeepsSequencesApart) {
  MergedRows rows(Sequences::uniform(2, 3), /*class_token=*/true);
  const std::vector<NearestRow> nearest = {{.row = 1, .cosine = 0.9F},
                                           {.row = 1, .cosine = 0.1F},
                                           {.row = 1, .cosine = 0.9F},
                                           {.row = 1, .cosine = 0.2F}};
  const RowMixture mixture = rows.merge(nearest, 1);
  EXPECT_THAT(mixture.rows, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(rows.sequences().offsets, ElementsAre(0, 2, 4));
}

}  // namespace
}  // namespace diptych::network
