#include <gtest/gtest.h>

#include "diptych/error.h"
#include "diptych/evaluate.h"
#include "evaluate/fakes.h"

namespace diptych {
namespace {

using evaluate::test::matrix;

const std::vector<std::size_t> kKs = {1, 2};

TEST(Retrieval, CountsAsByHand) {
  // With images as the axes, a text's row is its similarity to each image.
  const Matrix images = matrix({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
  const Matrix texts = matrix({{0.9F, 0.1F, 0.2F},     // of image 0: best image 0
                               {0.3F, 0.2F, 0.1F},     // of image 0: best image 0
                               {0.8F, 0.5F, 0.6F},     // of image 1: third
                               {0.7F, 0.0F, 0.65F}});  // of image 2: second
  const std::vector<ImageTextPair> pairs = {{0, 0}, {0, 1}, {1, 2}, {2, 3}};
  const RetrievalReport report = evaluate_retrieval(images, texts, pairs, kKs);

  const RetrievalMetrics& to_image = report.text_to_image;
  EXPECT_EQ(to_image.queries, 4U);
  EXPECT_EQ(to_image.recall[0].share, 2.0 / 4);  // ranks 1, 1, 3, 2
  EXPECT_EQ(to_image.recall[1].share, 3.0 / 4);
  EXPECT_EQ(to_image.median_rank, 1.5);
  EXPECT_EQ(to_image.mean_rank, 7.0 / 4);

  // Image 0: its text 0 is first; image 1: text 2 is first; image 2: texts 3, 2, so first.
  const RetrievalMetrics& to_text = report.image_to_text;
  EXPECT_EQ(to_text.queries, 3U);
  EXPECT_EQ(to_text.recall[0].share, 1.0);
  EXPECT_EQ(to_text.median_rank, 1.0);
  EXPECT_EQ(report.mean_recall, (0.5 + 0.75 + 1.0 + 1.0) / 4);
}

TEST(Retrieval, ATextMayHaveSeveralPictures) {
  const Matrix images = matrix({{1, 0}, {0, 1}, {0.6F, 0.8F}});
  const Matrix texts = matrix({{0, 1}, {1, 0}});
  const std::vector<ImageTextPair> pairs = {{0, 0}, {2, 0}, {1, 1}};
  const RetrievalReport report = evaluate_retrieval(images, texts, pairs, kKs);
  // Text 0 finds image 1 first (wrong), then image 2; text 1 finds 0, 2, 1.
  EXPECT_EQ(report.text_to_image.mean_rank, 2.5);
  EXPECT_EQ(report.text_to_image.recall[1].share, 0.5);
}

TEST(Retrieval, LeavesOutQueriesWithoutAnswer) {
  const Matrix rows = matrix({{1, 0}, {0, 1}});
  const RetrievalReport report =
      evaluate_retrieval(rows, rows, std::vector<ImageTextPair>{{1, 1}}, kKs);
  EXPECT_EQ(report.image_to_text.queries, 1U);
  EXPECT_EQ(report.image_to_text.without_answer, 1U);
  EXPECT_EQ(report.image_to_text.recall[0].share, 1.0);
}

TEST(Retrieval, AModelWithoutOpinionScoresAsChance) {
  const Matrix same = matrix({{1, 0}, {1, 0}, {1, 0}, {1, 0}});
  const std::vector<ImageTextPair> pairs = {{0, 0}, {1, 1}, {2, 2}, {3, 3}};
  const RetrievalReport report = evaluate_retrieval(same, same, pairs, kKs);
  EXPECT_EQ(report.text_to_image.recall[0].share, 1.0 / 4);
  EXPECT_EQ(report.text_to_image.median_rank, 2.5);
}

TEST(Retrieval, RefusesWhatDoesNotFit) {
  const Matrix rows = matrix({{1, 0}, {0, 1}});
  const auto refused = [&](const Matrix& texts, const std::vector<ImageTextPair>& pairs) {
    try {
      evaluate_retrieval(rows, texts, pairs, kKs);
    } catch (const Error& error) {
      return error.code() == ErrorCode::invalid_argument;
    }
    return false;
  };
  EXPECT_TRUE(refused(rows, {}));
  EXPECT_TRUE(refused(rows, {{2, 0}}));
  EXPECT_TRUE(refused(rows, {{0, 2}}));
  EXPECT_TRUE(refused(matrix({{1, 0, 0}}), {{0, 0}}));
}

}  // namespace
}  // namespace diptych
