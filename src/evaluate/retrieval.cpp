#include <algorithm>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "diptych/evaluate.h"
#include "evaluate/ranking.h"

namespace diptych {
namespace {

using Answers = std::vector<std::vector<std::size_t>>;

double median(std::vector<std::size_t> ranks) {
  std::sort(ranks.begin(), ranks.end());
  const std::size_t upper = ranks[ranks.size() / 2];
  const std::size_t lower = ranks[(ranks.size() - 1) / 2];
  return (static_cast<double>(lower) + static_cast<double>(upper)) / 2.0;
}

RetrievalMetrics retrieve(const Matrix& queries, const Matrix& candidates, const Answers& right,
                          std::span<const std::size_t> ks) {
  std::vector<std::size_t> ranks = evaluate::best_ranks(queries, candidates, right);
  RetrievalMetrics metrics;
  metrics.without_answer = std::erase(ranks, std::size_t{0});
  metrics.queries = ranks.size();
  metrics.recall = evaluate::shares_within(ranks, ks);
  metrics.median_rank = median(ranks);
  metrics.mean_rank =
      std::accumulate(ranks.begin(), ranks.end(), 0.0) / static_cast<double>(ranks.size());
  return metrics;
}

double mean_recall(const RetrievalReport& report) {
  double sum = 0.0;
  for (const TopK& top : report.image_to_text.recall) sum += top.share;
  for (const TopK& top : report.text_to_image.recall) sum += top.share;
  const std::size_t count = report.image_to_text.recall.size() + report.text_to_image.recall.size();
  return count == 0 ? 0.0 : sum / static_cast<double>(count);
}

}  // namespace

RetrievalReport evaluate_retrieval(const Matrix& image_embeddings, const Matrix& text_embeddings,
                                   std::span<const ImageTextPair> pairs,
                                   std::span<const std::size_t> ks) {
  if (pairs.empty()) fail(ErrorCode::invalid_argument, "retrieval: got no pairs");
  Answers texts_of_image(image_embeddings.rows);
  Answers images_of_text(text_embeddings.rows);
  for (const auto& [image, text] : pairs) {
    if (image >= image_embeddings.rows || text >= text_embeddings.rows) {
      fail(ErrorCode::invalid_argument,
           "retrieval: got a pair of image {} and text {}, expected less than {} and {}", image,
           text, image_embeddings.rows, text_embeddings.rows);
    }
    texts_of_image[image].push_back(text);
    images_of_text[text].push_back(image);
  }
  RetrievalReport report;
  report.image_to_text = retrieve(image_embeddings, text_embeddings, texts_of_image, ks);
  report.text_to_image = retrieve(text_embeddings, image_embeddings, images_of_text, ks);
  report.mean_recall = mean_recall(report);
  return report;
}

}  // namespace diptych
