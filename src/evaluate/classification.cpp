#include "evaluate/classification.h"

#include <vector>

#include "base/error.h"
#include "evaluate/ranking.h"

namespace diptych {
namespace evaluate {

ClassificationReport classification_report(std::span<const std::size_t> ranks,
                                           std::span<const std::size_t> right_classes,
                                           std::span<const std::string> class_names,
                                           std::span<const std::size_t> ks) {
  if (ranks.empty()) fail(ErrorCode::invalid_argument, "classification: got no pictures");
  std::vector<std::size_t> images(class_names.size(), 0);
  std::vector<std::size_t> hits(class_names.size(), 0);
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    ++images[right_classes[i]];
    hits[right_classes[i]] += ranks[i] == 1 ? 1 : 0;
  }
  ClassificationReport report{.images = ranks.size(), .classes = class_names.size()};
  report.accuracy = shares_within(ranks, ks);
  for (std::size_t c = 0; c < class_names.size(); ++c) {
    if (images[c] == 0) continue;
    const double recall = static_cast<double>(hits[c]) / static_cast<double>(images[c]);
    report.per_class.push_back({class_names[c], images[c], recall});
    report.mean_per_class_recall += recall;
  }
  report.mean_per_class_recall /= static_cast<double>(report.per_class.size());
  return report;
}

}  // namespace evaluate

ClassificationReport evaluate_classification(const Matrix& scores,
                                             std::span<const std::size_t> right_classes,
                                             std::span<const std::string> class_names,
                                             std::span<const std::size_t> ks) {
  if (scores.rows != right_classes.size() || scores.columns != class_names.size()) {
    fail(ErrorCode::invalid_argument, "scores: got [{}, {}], expected [{}, {}]", scores.rows,
         scores.columns, right_classes.size(), class_names.size());
  }
  std::vector<std::size_t> ranks;
  for (std::size_t i = 0; i < scores.rows; ++i)
    ranks.push_back(evaluate::best_rank(scores.row(i), right_classes.subspan(i, 1)));
  return evaluate::classification_report(ranks, right_classes, class_names, ks);
}

}  // namespace diptych
