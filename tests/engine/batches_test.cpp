#include "engine/batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/random_model.h"

namespace diptych {
namespace {

using testing::ElementsAre;

network::Sequences of_lengths(const std::vector<int>& lengths) {
  network::Sequences sequences;
  for (const int length : lengths) sequences.append(length);
  return sequences;
}

TEST(BatchesTest, AreEqualInsteadOfFullWithARest) {
  EXPECT_EQ(engine::even_batch(32, 27), 16);
  EXPECT_EQ(engine::even_batch(27, 27), 27);
  EXPECT_EQ(engine::even_batch(55, 27), 19);
  EXPECT_EQ(engine::even_batch(1, 27), 1);
  EXPECT_EQ(engine::even_batch(0, 27), 1);
  EXPECT_EQ(engine::even_batch(10, 1), 1);
}

TEST(BatchesTest, HoldAsMuchAsTheWidestActivationAllows) {
  const network::Model model = network::make_model(test::small_vit(network::Activation::gelu));
  // 17 rows of 300 floats a picture, 290 floats a token.
  EXPECT_EQ(engine::pictures_per_batch(model, 17 * 300 * 4), 4);
  EXPECT_EQ(engine::tokens_per_batch(model, 290 * 7 + 1), 7);
  EXPECT_EQ(engine::pictures_per_batch(model, 1), 1);
  EXPECT_EQ(engine::tokens_per_batch(model, 1), 1);
}

TEST(BatchesTest, PutTextsOfLikeLengthTogetherUpToTheTokens) {
  const network::Sequences sequences = of_lengths({7, 3, 8, 2, 3, 7});
  EXPECT_THAT(engine::text_batches(sequences, engine::order_by_length(sequences), 15, 0),
              ElementsAre(ElementsAre(3, 1, 4, 0), ElementsAre(5, 2)));
  EXPECT_THAT(engine::text_batches(sequences, engine::order_by_length(sequences), 1000, 0),
              ElementsAre(ElementsAre(3, 1, 4, 0, 5, 2)));
  EXPECT_THAT(engine::text_batches(sequences, engine::order_by_length(sequences), 1000, 4),
              ElementsAre(ElementsAre(3, 1, 4, 0), ElementsAre(5, 2)));
}

TEST(BatchesTest, TakeATextThatIsLongerThanABatch) {
  const network::Sequences sequences = of_lengths({9, 9});
  EXPECT_THAT(engine::text_batches(sequences, engine::order_by_length(sequences), 4, 0),
              ElementsAre(ElementsAre(0), ElementsAre(1)));
  EXPECT_TRUE(engine::text_batches({}, engine::order_by_length({}), 4, 0).empty());
}

TEST(BatchesTest, PutTextsThatBeginAlikeTogetherAndCountTheirOwnTokens) {
  network::Tokens texts;
  texts.append(std::vector<std::int32_t>{1, 2, 3, 9});
  texts.append(std::vector<std::int32_t>{1, 5, 9});
  texts.append(std::vector<std::int32_t>{1, 2, 4, 9});
  texts.append(std::vector<std::int32_t>{1, 2, 3, 9});
  const engine::TextOrder order = engine::order_by_prefix(texts);
  EXPECT_THAT(order.texts, ElementsAre(0, 3, 2, 1));
  // The same text again still has a row of its own: the one that is pooled.
  EXPECT_THAT(order.shared, ElementsAre(0, 3, 2, 1));
  EXPECT_THAT(engine::text_batches(texts.sequences, order, 9, 0),
              ElementsAre(ElementsAre(0, 3, 2, 1)));
  // Nine tokens in batches of five, of which the first text of each computes all.
  EXPECT_THAT(engine::text_batches(texts.sequences, order, 8, 0),
              ElementsAre(ElementsAre(0, 3), ElementsAre(2), ElementsAre(1)));
}

}  // namespace
}  // namespace diptych
