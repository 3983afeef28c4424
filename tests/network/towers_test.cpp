#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "network/counting_operations.h"
#include "network/published_models.h"
#include "support/expect_error.h"

namespace diptych::network {
namespace {

using test::CountingOperations;
using testing::ElementsAre;
using testing::Pair;

static_assert(Operations<CountingOperations>);

Pixels blank_pixels(int batch, int size) {
  return {.data = nullptr, .batch = batch, .height = size, .width = size};
}

ModelConfig two_blocks() {
  ModelConfig config = test::vit_b_32();
  std::get<VisionTransformerConfig>(config.image).layers = 2;
  std::get<TextTransformerConfig>(config.text).layers = 2;
  return config;
}

// Two texts of three and five tokens. Every block but the last computes the eight tokens: qkv,
// output, two of the MLP. The last computes keys and values of all, and the rest for the two pooled
// rows only, as the projection does.
TEST(TextTower, ComputesNoTokenThatCannotReachTheAnswer) {
  const Model model = make_model(two_blocks());
  std::vector<std::int32_t> ids(2 * 77, 0);
  ids[2] = 49407;
  ids[77 + 4] = 49407;
  CountingOperations ops(model);
  const auto features = text_features(ops, model, pack_tokens(model, ids, 77));
  EXPECT_EQ(features.rows, 2);
  EXPECT_EQ(features.width, 512);
  EXPECT_THAT(ops.linear_rows(), ElementsAre(8, 8, 8, 8, 2, 8, 2, 2, 2, 2));
  EXPECT_THAT(ops.attention_rows(), ElementsAre(Pair(8, 8), Pair(2, 8)));
}

/// OpenAI's tokenizer fills a row with 0, that of transformers with the end-of-text token.
TEST(TextTower, DoesNotSeeWhatFillsARow) {
  const Model model = make_model(two_blocks());
  std::vector<std::int32_t> zeros(77, 0);
  std::vector<std::int32_t> ends(77, 49407);
  for (std::vector<std::int32_t>* row : {&zeros, &ends}) {
    (*row)[0] = 49406;
    (*row)[1] = 320;
    (*row)[2] = 49407;
  }
  EXPECT_THAT(pack_tokens(model, zeros, 77).ids, ElementsAre(49406, 320, 49407));
  EXPECT_EQ(pack_tokens(model, ends, 77).ids, pack_tokens(model, zeros, 77).ids);
}

/// As NLLB's over a small vocabulary.
ModelConfig two_blocks_of_nllb() {
  ModelConfig config = two_blocks();
  auto& text = std::get<TextTransformerConfig>(config.text);
  text.causal = false;
  text.pooling = TextPooling::first;
  text.pad_id = 1;
  text.sinusoids = true;
  return config;
}

// Texts of three and two tokens, the first with padding within.
TEST(TextTower, LeavesPaddingOutWhereItPoolsTheFirstToken) {
  const Model model = make_model(two_blocks_of_nllb());
  const Tokens tokens =
      pack_tokens(model, std::vector<std::int32_t>{9, 5, 1, 2, 1, 9, 2, 1, 1, 1}, 5);
  EXPECT_THAT(tokens.ids, ElementsAre(9, 5, 2, 9, 2));
  EXPECT_THAT(tokens.places, ElementsAre(0, 1, 2, 0, 1));
  CountingOperations ops(model);
  const auto features = text_features(ops, model, tokens);
  EXPECT_EQ(features.rows, 2);
  EXPECT_EQ(features.width, 512);
  EXPECT_THAT(ops.attention_rows(), ElementsAre(Pair(5, 5), Pair(2, 5)));
  test::expect_error(
      [&] {
        pack_tokens(model, std::vector<std::int32_t>{1, 5}, 2);
      },
      ErrorCode::invalid_argument, "padding (id 1) at 0");
}

Model two_layer_bert(ModelConfig config) {
  std::get<BertConfig>(config.text).layers = 2;
  return make_model(config);
}

/// Two texts of three and five tokens in rows of eight.
Tokens two_texts(const Model& model) {
  std::vector<std::int32_t> ids(2 * 8, std::get<BertConfig>(model.config.text).pad_id);
  std::fill_n(ids.begin(), 3, 7);
  std::fill_n(ids.begin() + 8, 5, 7);
  return pack_tokens(model, ids, 8);
}

// As for the text transformer: the eight tokens, and in the last layer only the first of each text.
TEST(Bert, ComputesNoPaddingAndPoolsInItsLastLayer) {
  const Model model = two_layer_bert(test::chinese_vit_b_16());
  CountingOperations ops(model);
  const auto features = text_features(ops, model, two_texts(model));
  EXPECT_EQ(features.rows, 2);
  EXPECT_EQ(features.width, 512);
  EXPECT_THAT(ops.linear_rows(), ElementsAre(8, 8, 8, 8, 2, 8, 2, 2, 2, 2));
  EXPECT_THAT(ops.attention_rows(), ElementsAre(Pair(8, 8), Pair(2, 8)));
}

// A mean needs every token of the last layer; the projection's two layers see one row a text.
TEST(Bert, TakesTheMeanOverTokensOnly) {
  const Model model = two_layer_bert(test::xlm_roberta_vit_b_32());
  CountingOperations ops(model);
  const auto features = text_features(ops, model, two_texts(model));
  EXPECT_EQ(features.rows, 2);
  EXPECT_EQ(features.width, 512);
  EXPECT_THAT(ops.linear_rows(), ElementsAre(8, 8, 8, 8, 8, 8, 8, 8, 2, 2));
  EXPECT_THAT(ops.attention_rows(), ElementsAre(Pair(8, 8), Pair(8, 8)));
}

TEST(VisionTransformer, PoolsInItsLastBlock) {
  const Model model = make_model(two_blocks());
  CountingOperations ops(model);
  const auto features = image_features(ops, model, blank_pixels(3, 224));
  EXPECT_EQ(features.rows, 3);
  EXPECT_EQ(features.width, 512);
  // 49 patches a picture, and the class token after the patch embedding.
  EXPECT_THAT(ops.linear_rows(), ElementsAre(147, 150, 150, 150, 150, 3, 150, 3, 3, 3, 3));
  EXPECT_THAT(ops.attention_rows(), ElementsAre(Pair(150, 150), Pair(3, 150)));
}

TEST(VisionTransformer, NeverComputesDroppedPatches) {
  const Model model = make_model(two_blocks());
  PatchSelection selection;
  selection.patches = {0, 48, 7, 8, 9};
  selection.sequences.append(2);
  selection.sequences.append(3);
  CountingOperations ops(model);
  const auto features =
      image_tower(ops, std::get<VisionTransformer>(model.image), blank_pixels(2, 224), selection);
  EXPECT_EQ(features.rows, 2);
  EXPECT_THAT(ops.linear_rows(), ElementsAre(5, 7, 7, 7, 7, 2, 7, 2, 2, 2, 2));
}

// SigLIP attends to its padding: every one of the 64 tokens is computed. The map pool has one query
// for all pictures, and a row a picture after it.
TEST(Siglip, ComputesPaddingAndPoolsAllPatches) {
  ModelConfig config = test::siglip_b_16();
  std::get<VisionTransformerConfig>(config.image).layers = 1;
  std::get<TextTransformerConfig>(config.text).layers = 1;
  const Model model = make_model(config);
  CountingOperations images(model);
  const auto image = image_features(images, model, blank_pixels(2, 224));
  EXPECT_EQ(image.rows, 2);
  EXPECT_EQ(image.width, 768);
  EXPECT_THAT(images.linear_rows(), ElementsAre(392, 392, 392, 392, 392, 1, 392, 392, 2, 2, 2));
  EXPECT_THAT(images.attention_rows(), ElementsAre(Pair(392, 392), Pair(2, 392)));

  CountingOperations texts(model);
  const std::vector<std::int32_t> ids(2 * 64, 1);
  const auto text = text_features(texts, model, pack_tokens(model, ids, 64));
  EXPECT_EQ(text.rows, 2);
  EXPECT_THAT(texts.linear_rows(), ElementsAre(2, 128, 2, 2, 2, 2));
}

TEST(VisionTransformer, MeanPoolsThePatchesWithoutTheClassToken) {
  ModelConfig config = two_blocks();
  std::get<VisionTransformerConfig>(config.image).pooling = ImagePooling::mean;
  const Model model = make_model(config);
  PatchSelection selection;
  selection.patches = {0, 48, 7, 8, 9};
  selection.sequences.append(2);
  selection.sequences.append(3);
  EXPECT_THAT(patch_rows(selection, 49), ElementsAre(0, 48, 56, 57, 58));
  EXPECT_THAT(patch_positions(selection, true), ElementsAre(0, 1, 49, 0, 8, 9, 10));
  EXPECT_THAT(patch_positions(selection, false), ElementsAre(0, 48, 7, 8, 9));
  EXPECT_THAT(rows_after_class_tokens(selection), ElementsAre(1, 2, 4, 5, 6));
  CountingOperations ops(model);
  const auto features =
      image_tower(ops, std::get<VisionTransformer>(model.image), blank_pixels(2, 224), selection);
  EXPECT_EQ(features.rows, 2);
  EXPECT_THAT(ops.linear_rows(), ElementsAre(5, 7, 7, 7, 7, 7, 7, 7, 7, 2));
}

// Two of four patches and the class token of one picture: q, k, v, output, gate and two of the MLP;
// in the last block keys and values of all rows, the rest for the class token.
TEST(EvaTransformer, ComputesOnlyWhatReachesTheClassToken) {
  ModelConfig config = test::eva02_l_14();
  auto& tower = std::get<EvaTransformerConfig>(config.image);
  tower.image_size = 28;
  tower.layers = 2;
  const Model model = make_model(config);
  PatchSelection selection;
  selection.patches = {1, 3};
  selection.sequences.append(2);
  CountingOperations ops(model);
  const auto features = image_features(ops, model, blank_pixels(1, 28), selection);
  EXPECT_EQ(features.rows, 1);
  EXPECT_EQ(features.width, 768);
  EXPECT_THAT(ops.linear_rows(), ElementsAre(2, 3, 3, 3, 3, 3, 3, 3, 1, 3, 3, 1, 1, 1, 1, 1));
  EXPECT_THAT(ops.attention_rows(), ElementsAre(Pair(3, 3), Pair(1, 3)));
}

// The learned query sees every row, so the last block computes them all; the pool's query is the
// same for both pictures. Without class token positions still count from the first patch's.
TEST(EvaTransformer, PoolsAllRowsByALearnedQuery) {
  ModelConfig config = test::pe_core_b_16();
  auto& tower = std::get<EvaTransformerConfig>(config.image);
  tower.image_size = 32;
  tower.layers = 1;
  const Model model = make_model(config);
  CountingOperations ops(model);
  EXPECT_EQ(image_features(ops, model, blank_pixels(2, 32)).width, 1024);
  EXPECT_THAT(ops.linear_rows(), ElementsAre(8, 10, 10, 10, 10, 10, 10, 1, 10, 10, 2, 2, 2, 2));
  EXPECT_THAT(ops.attention_rows(), ElementsAre(Pair(10, 10), Pair(2, 10)));
  const PatchSelection all = PatchSelection::all(1, 4);
  EXPECT_THAT(place_rows(all, true).positions, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(place_rows(all, false).positions, ElementsAre(1, 2, 3, 4));
}

// A picture of 32 x 32 pixels is halved four times; the first block of a stage widens at the height
// before. Its patches, 2 x 2, have no class token and are all computed.
TEST(ViTamin, HalvesThePictureFourTimes) {
  ModelConfig config = test::vitamin_l();
  auto& tower = std::get<ViTaminConfig>(config.image);
  tower.image_size = 32;
  tower.convolution_layers = {1, 2};
  tower.layers = 1;
  const Model model = make_model(config);
  CountingOperations ops(model);
  const auto features = image_features(ops, model, blank_pixels(1, 32));
  EXPECT_EQ(features.rows, 1);
  EXPECT_EQ(features.width, 768);
  EXPECT_THAT(ops.convolution_heights(), ElementsAre(16, 16, 2));
  // Widen and narrow; where the width changes, the shortcut comes first. Then q, k, v, output, two
  // inputs and the output of the MLP, and the projection.
  EXPECT_THAT(ops.linear_rows(), ElementsAre(256, 64, 16, 64, 16, 16, 16, 4, 4, 4, 4, 4, 1));
  EXPECT_THAT(ops.attention_rows(), ElementsAre(Pair(4, 4)));
}

// A picture of 64 x 64 pixels has 16 x 16 places in the first stage and 2 x 2 in the last.
TEST(FastVit, HalvesItsMapsThreeTimes) {
  ModelConfig config = test::mobileclip2_s0();
  auto& tower = std::get<FastVitConfig>(config.image);
  tower.image_size = 64;
  tower.layers = {1, 1, 1, 1};
  const Model model = make_model(config);
  CountingOperations ops(model);
  const auto features = image_features(ops, model, blank_pixels(2, 64));
  EXPECT_EQ(features.rows, 2);
  EXPECT_EQ(features.width, 512);
  EXPECT_THAT(ops.convolution_heights(), ElementsAre(32));
  // The stem's last layer; a stage's squeeze and excitation of one row a picture, what follows its
  // downsampling, and its MLP; the last one's attention; the head's excitation, and the projection.
  EXPECT_THAT(ops.linear_rows(), ElementsAre(512, 512, 512, 128, 128, 128, 2, 2, 32, 32, 32, 2, 2,
                                             8, 8, 8, 8, 8, 2, 2, 2));
  EXPECT_THAT(ops.attention_rows(), ElementsAre(Pair(8, 8)));
}

// CountingOperations check that what a block computes with lies under its name.
TEST(Blocks, BearTheNamesOfTheirParameters) {
  struct Case {
    ModelConfig config;
    int image_blocks;
  };
  for (const auto& [config, image_blocks] :
       {Case{test::vit_b_32(), 12}, Case{test::rn50(), 3 + 4 + 6 + 3},
        Case{test::convnext_base_w(), 3 + 3 + 27 + 3}, Case{test::eva02_l_14(), 24},
        Case{test::vitamin_l(), 2 + 4 + 31}, Case{test::mobileclip2_s0(), 2 + 6 + 10 + 2},
        Case{test::xlm_roberta_vit_b_32(), 12}, Case{test::coca_b_32(), 12}}) {
    const Model model = make_model(config);
    CountingOperations pictures(model);
    image_features(pictures, model, blank_pixels(1, image_size(config.image)));
    EXPECT_EQ(pictures.blocks(), image_blocks);
    CountingOperations texts(model);
    const std::vector<std::int32_t> ids(static_cast<std::size_t>(context_length(config.text)), 2);
    text_features(texts, model, pack_tokens(model, ids, context_length(config.text)));
    EXPECT_EQ(texts.blocks(), 12);
  }
}

TEST(ImageFeatures, OfSomePatchesNeedATowerWithPatches) {
  const Model model = make_model(test::rn50());
  CountingOperations ops(model);
  test::expect_error(
      [&] { image_features(ops, model, blank_pixels(1, 224), PatchSelection::all(1, 49)); },
      ErrorCode::invalid_argument, "no patches");
}

// Pictures of 3 x 5 and 16 x 16 patches: no row is padding.
TEST(Naflex, ComputesThePatchesThatPicturesHave) {
  ModelConfig config = test::siglip2_naflex_b_16();
  std::get<NaflexTransformerConfig>(config.image).layers = 1;
  const Model model = make_model(config);
  Pixels pixels = blank_pixels(2, 256);
  const std::vector<PictureSize> sizes = {{3 * 16, 5 * 16}, {256, 256}};
  pixels.sizes = sizes;
  CountingOperations ops(model);
  const auto features = image_features(ops, model, pixels);
  EXPECT_EQ(features.rows, 2);
  EXPECT_EQ(features.width, 768);
  EXPECT_EQ(ops.linear_rows().front(), 15 + 256);
  EXPECT_THAT(ops.attention_rows(), ElementsAre(Pair(271, 271), Pair(2, 271)));
}

TEST(Naflex, TakesPicturesOfWholePatchesThatAreNotTooMany) {
  const ModelConfig config = test::siglip2_naflex_b_16();
  EXPECT_TRUE(takes_picture(config.image, {256, 256}));
  EXPECT_TRUE(takes_picture(config.image, {16, 256 * 16}));
  EXPECT_FALSE(takes_picture(config.image, {16, 257 * 16}));
  EXPECT_FALSE(takes_picture(config.image, {255, 256}));
  EXPECT_FALSE(takes_picture(config.image, {0, 16}));
  EXPECT_FALSE(takes_picture(test::vit_b_32().image, {224, 192}));
}

/// Two pictures of 50 rows in three blocks, of which the first two merge 8 rows each: their MLPs
/// already see fewer, and the last block pools two rows.
TEST(VisionTransformer, ComputesFewerRowsWhereTheyAreMerged) {
  ModelConfig config = test::vit_b_32();
  std::get<VisionTransformerConfig>(config.image).layers = 3;
  const Model model = make_model(config);
  CountingOperations ops(model);
  const auto features = image_features(ops, model, blank_pixels(2, 224), 8);
  EXPECT_EQ(features.rows, 2);
  EXPECT_EQ(features.width, 512);
  EXPECT_THAT(ops.linear_rows(),
              ElementsAre(98, 100, 100, 84, 84, 84, 84, 68, 68, 2, 68, 2, 2, 2, 2));
  EXPECT_THAT(ops.attention_rows(), ElementsAre(Pair(100, 100), Pair(84, 84), Pair(2, 68)));
}

TEST(VisionTransformer, MergesRowsWhereTheyCanBeCounted) {
  EXPECT_TRUE(merges_rows(test::vit_b_32().image));
  EXPECT_FALSE(merges_rows(test::coca_b_32().image));
  EXPECT_FALSE(merges_rows(test::rn50().image));
  EXPECT_FALSE(merges_rows(test::siglip2_naflex_b_16().image));
}

TEST(ConvNext, HalvesItsMapsThreeTimes) {
  ModelConfig config = test::convnext_base_w();
  std::get<ConvNextConfig>(config.image).layers = {1, 1, 2, 1};
  const Model model = make_model(config);
  CountingOperations ops(model);
  const auto features = image_features(ops, model, blank_pixels(2, 256));
  EXPECT_EQ(features.rows, 2);
  EXPECT_EQ(features.width, 640);
  EXPECT_THAT(ops.linear_rows(), ElementsAre(8192, 8192, 8192, 2048, 2048, 2048, 512, 512, 512, 512,
                                             512, 128, 128, 128, 2));
}

// Texts of three tokens and of all 76: of the first the first padding token is seen too, and its
// class token sees the four of them and not itself.
TEST(Coca, ComputesNoTokenThatItsClassTokenDoesNotSee) {
  ModelConfig config = test::coca_b_32();
  std::get<VisionTransformerConfig>(config.image).layers = 1;
  std::get<TextTransformerConfig>(config.text).layers = 2;
  const Model model = make_model(config);
  std::vector<std::int32_t> ids(2 * 76, 0);
  std::fill_n(ids.begin(), 3, 7);
  std::fill_n(ids.begin() + 76, 76, 7);
  CountingOperations texts(model);
  const auto text = text_features(texts, model, pack_tokens(model, ids, 76));
  EXPECT_EQ(text.rows, 2);
  EXPECT_EQ(text.width, 512);
  EXPECT_THAT(texts.linear_rows(), ElementsAre(82, 82, 82, 82, 2, 81, 2, 2, 2, 2));
  EXPECT_THAT(texts.attention_rows(), ElementsAre(Pair(82, 81), Pair(2, 81)));

  CountingOperations images(model);
  const auto image = image_features(images, model, blank_pixels(3, 224));
  EXPECT_EQ(image.width, 512);
  EXPECT_THAT(images.linear_rows(), ElementsAre(147, 150, 150, 150, 150, 1, 150, 150, 3, 3));
  EXPECT_THAT(images.attention_rows(), ElementsAre(Pair(150, 150), Pair(3, 150)));
}

TEST(ModifiedResNet, HalvesThePictureFiveTimes) {
  const Model model = make_model(test::rn50());
  CountingOperations ops(model);
  const auto features = image_features(ops, model, blank_pixels(2, 224));
  EXPECT_EQ(features.rows, 2);
  EXPECT_EQ(features.width, 1024);
  // Stem, then 3, 4, 6, 3 bottlenecks of three convolutions, a fourth in the first of each stage. A
  // stage's first bottleneck still has the height before when its first two convolutions run.
  const std::vector<int>& heights = ops.convolution_heights();
  ASSERT_EQ(heights.size(), 3U + 3U * 16U + 4U);
  EXPECT_EQ(heights.front(), 112);
  EXPECT_EQ(heights[3], 56);
  EXPECT_EQ(heights.back(), 7);
  // The attention pool's one query sees the 49 places and their mean.
  EXPECT_THAT(ops.linear_rows(), ElementsAre(2, 100, 100, 2));
  EXPECT_THAT(ops.attention_rows(), ElementsAre(Pair(2, 100)));
}

}  // namespace
}  // namespace diptych::network
