#include "evaluate/zeroshot.h"

#include <utility>
#include <vector>

#include "base/error.h"
#include "evaluate/class_embeddings.h"
#include "evaluate/class_folders.h"
#include "evaluate/classification.h"
#include "evaluate/ranking.h"

namespace diptych::evaluate {

ZeroShotReport evaluate_zeroshot(const Embedder& embedder, const std::filesystem::path& folder,
                                 const ZeroShotOptions& options) {
  const auto progress_of = [&](std::string_view what) -> Progress {
    if (!options.progress) return {};
    return [&options, what](std::size_t done, std::size_t total) {
      options.progress(what, done, total);
    };
  };
  const ClassFolders folders = read_class_folders(folder, options.class_names);
  const Matrix classes =
      class_embeddings(embedder, folders.names, options.templates, progress_of("texts"));
  EncodedImages images = embedder.embed_images(folders.images, progress_of("images"));
  if (images.rows.rows == 0) {
    fail(ErrorCode::invalid_argument,
         "pictures: got none that could be encoded ({}); the first: {}", folder.string(),
         images.failures.at(0).message);
  }
  std::vector<std::size_t> right_classes;
  std::vector<std::vector<std::size_t>> answers;
  for (const std::size_t input : images.inputs) {
    right_classes.push_back(folders.right_classes[input]);
    answers.push_back({right_classes.back()});
  }
  const std::vector<std::size_t> ranks = best_ranks(images.rows, classes, answers);
  ZeroShotReport report;
  report.classification = classification_report(ranks, right_classes, folders.names, options.ks);
  report.templates = options.templates.size();
  report.failures = std::move(images.failures);
  report.counts = images.counts;
  report.skipped = folders.skipped;
  return report;
}

}  // namespace diptych::evaluate
