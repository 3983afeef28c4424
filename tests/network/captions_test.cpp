#include "network/captions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "network/counting_operations.h"
#include "network/published_models.h"

namespace diptych::network {
namespace {

using test::CountingOperations;
using testing::Each;
using testing::ElementsAre;
using testing::Pair;

constexpr std::array<float, 3 * 224 * 224 * 2> kNoPixels = {};

Pixels two_pictures() {
  return {.data = kNoPixels.data(), .batch = 2, .height = 224, .width = 224};
}

Model small_coca() {
  ModelConfig config = test::coca_b_32_with_decoder();
  std::get<VisionTransformerConfig>(config.image).layers = 1;
  std::get<TextTransformerConfig>(config.text).layers = 1;
  config.decoder->layers = 1;
  return make_model(config);
}

// Two pictures with 255 tokens each, three captions of each.
TEST(Captions, ComputeOneRowACaptionAndStep) {
  const Model model = small_coca();
  CountingOperations pictures(model);
  auto captions = begin_captions(pictures, model, two_pictures(), 3);
  EXPECT_EQ(pictures.linear_rows().back(), 2 * 255);
  const std::vector<std::int32_t> start(6, 49406);
  CountingOperations first(model);
  append_tokens(first, model, captions, start);
  CountingOperations second(model);
  const auto logits = append_tokens(second, model, captions, start);
  EXPECT_EQ(logits.rows, 6);
  EXPECT_EQ(logits.width, 49408);
  EXPECT_THAT(second.linear_rows(), Each(6));
  EXPECT_THAT(first.attention_rows(), ElementsAre(Pair(6, 6), Pair(6, 6), Pair(6, 510)));
  EXPECT_THAT(second.attention_rows(), ElementsAre(Pair(6, 12), Pair(6, 12), Pair(6, 510)));
}

TEST(Captions, GoOnFromOthersAndDropPictures) {
  const Model model = small_coca();
  CountingOperations ops(model);
  auto captions = begin_captions(ops, model, two_pictures(), 2);
  append_tokens(ops, model, captions, std::vector<std::int32_t>{1, 2, 3, 4});
  choose_captions(captions, std::vector<std::int32_t>{3, 3}, std::vector<std::int32_t>{1});
  EXPECT_THAT(captions.pictures, ElementsAre(1));
  EXPECT_THAT(captions.ids, ElementsAre(ElementsAre(4), ElementsAre(4)));
  CountingOperations after(model);
  append_tokens(after, model, captions, std::vector<std::int32_t>{5, 6});
  EXPECT_THAT(after.attention_rows(), ElementsAre(Pair(2, 4), Pair(2, 4), Pair(2, 255)));
  // What the two share lies in the cache once, and no row of it has moved.
  EXPECT_THAT(captions.cached_rows, ElementsAre(ElementsAre(3, 4), ElementsAre(3, 5)));
  EXPECT_THAT(newest_tokens_see(captions.cached_rows).key_rows, ElementsAre(4, 3, 5, 3));
  const AttentionPattern pictures = captions_see_pictures(captions.pictures, 2, 255);
  EXPECT_THAT(pictures.queries.offsets, ElementsAre(0, 2));
  EXPECT_EQ(pictures.key_rows.front(), 255);
  EXPECT_EQ(pictures.key_rows.back(), 2 * 255 - 1);
}

// The newest row comes first. After the padding id a token is not seen.
TEST(Captions, SeeWhatThePublishedMaskShows) {
  const std::vector<std::vector<std::int32_t>> captions = {{9, 1, 2}, {9, 0, 2}, {0, 0, 2}};
  const std::vector<std::vector<std::int32_t>> rows = {{2, 4, 7}, {2, 5, 8}, {3, 6, 9}};
  const AttentionPattern seen = newest_tokens_see(rows, captions, 0);
  EXPECT_THAT(seen.queries.offsets, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(seen.keys.offsets, ElementsAre(0, 3, 5, 6));
  EXPECT_THAT(seen.key_rows, ElementsAre(7, 4, 2, 5, 2, 3));
}

}  // namespace
}  // namespace diptych::network
