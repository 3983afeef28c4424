#include "network/token_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "network/counting_operations.h"
#include "network/published_models.h"

namespace diptych::network {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Tokens texts_of(const std::vector<std::vector<std::int32_t>>& texts) {
  Tokens tokens;
  for (const std::vector<std::int32_t>& text : texts) tokens.append(text);
  return tokens;
}

TEST(TokenTree, HasCommonBeginningsOnce) {
  const TokenTree tree =
      token_tree(texts_of({{1, 2, 3, 9}, {1, 2, 4, 5, 9}, {1, 2, 4, 9}, {7, 9}}));
  EXPECT_THAT(tree.ids, ElementsAre(1, 2, 3, 9, 4, 5, 9, 9, 7, 9));
  EXPECT_THAT(tree.places, ElementsAre(0, 1, 2, 3, 2, 3, 4, 3, 0, 1));
  EXPECT_THAT(tree.own_rows.queries.offsets, ElementsAre(0, 4, 7, 8, 10));
  EXPECT_THAT(tree.own_rows.keys.offsets, ElementsAre(0, 4, 9, 13, 15));
  EXPECT_THAT(tree.own_rows.key_rows, ElementsAre(0, 1, 2, 3, 0, 1, 4, 5, 6, 0, 1, 4, 7, 8, 9));
  EXPECT_EQ(tree.own_rows.mask, Mask::causal);
  EXPECT_THAT(tree.last_rows.queries.offsets, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(tree.last_rows.key_rows, tree.own_rows.key_rows);
  EXPECT_THAT(tree.pooled_rows, ElementsAre(3, 6, 7, 9));
}

TEST(TokenTree, TheSameTextAgainHasNoRows) {
  const TokenTree tree = token_tree(texts_of({{1, 2, 9}, {1, 2, 9}}));
  EXPECT_THAT(tree.ids, ElementsAre(1, 2, 9));
  EXPECT_THAT(tree.own_rows.queries.offsets, ElementsAre(0, 3));
  EXPECT_THAT(tree.pooled_rows, ElementsAre(2, 2));
  EXPECT_THAT(tree.last_rows.key_rows, ElementsAre(0, 1, 2, 0, 1, 2));
  EXPECT_THAT(token_tree({}).ids, IsEmpty());
}

/// A token that stood elsewhere in its row is another one.
TEST(TokenTree, SharesNoTokenOfAnotherPlace) {
  Tokens tokens;
  tokens.append(std::vector<std::int32_t>{1, 9}, std::vector<std::int32_t>{0, 1});
  tokens.append(std::vector<std::int32_t>{1, 9}, std::vector<std::int32_t>{1, 2});
  EXPECT_THAT(token_tree(tokens).ids, ElementsAre(1, 9, 1, 9));
}

// Two texts of five tokens, three of them shared.
TEST(TokenTree, TheTextTowerComputesNoSharedTokenTwice) {
  ModelConfig config = test::vit_b_32();
  std::get<TextTransformerConfig>(config.text).layers = 2;
  const Model model = make_model(config);
  test::CountingOperations ops(model);
  const auto features =
      text_features(ops, model, token_tree(texts_of({{1, 2, 3, 4, 9}, {1, 2, 3, 5, 9}})));
  EXPECT_EQ(features.rows, 2);
  EXPECT_THAT(ops.linear_rows(), ElementsAre(7, 7, 7, 7, 2, 7, 2, 2, 2, 2));
  EXPECT_THAT(ops.attention_rows(), ElementsAre(Pair(7, 10), Pair(2, 10)));
}

TEST(TokenTree, IsForTextsWhoseLastTokenSeesWhatComesBeforeIt) {
  EXPECT_TRUE(shares_prefixes(make_model(test::vit_b_32()).text));
  EXPECT_FALSE(shares_prefixes(make_model(test::siglip_b_16()).text));
  EXPECT_FALSE(shares_prefixes(make_model(test::coca_b_32()).text));
  EXPECT_FALSE(shares_prefixes(make_model(test::chinese_vit_b_16()).text));
}

}  // namespace
}  // namespace diptych::network
