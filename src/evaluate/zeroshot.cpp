#include "evaluate/zeroshot.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/append.h"
#include "base/error.h"
#include "evaluate/class_embeddings.h"
#include "evaluate/class_folders.h"
#include "evaluate/classification.h"
#include "evaluate/label_notes.h"
#include "evaluate/ranking.h"
#include "evaluate/zeroshot_notes.h"

namespace diptych::evaluate {
namespace {

/// The k that say something: among k candidates or fewer the right one always is.
std::vector<std::size_t> telling_ks(const std::vector<std::size_t>& ks, std::size_t classes,
                                    std::vector<std::string>& notes) {
  std::vector<std::size_t> telling;
  for (const std::size_t k : ks) {
    if (k == 0) fail(ErrorCode::invalid_argument, "top-k: got 0, expected 1 or more");
    if (k < classes) {
      telling.push_back(k);
    } else {
      notes.push_back(
          fmt::format("top-{} is left out: of {} classes the right one is always among "
                      "the first {}",
                      k, classes, k));
    }
  }
  return telling;
}

/// The text of every class; nothing when it has several.
std::vector<std::string> single_prompts(const Embedder& embedder, const ClassFolders& folders,
                                        const ZeroShotOptions& options) {
  if (options.templates.size() > 1) return {};
  std::vector<std::string> prompts;
  for (const std::string& name : folders.names)
    prompts.push_back(label_prompts(name, options.templates, embedder.language()).front());
  return prompts;
}

std::size_t count_right(const std::vector<std::size_t>& ranks) {
  return static_cast<std::size_t>(std::count(ranks.begin(), ranks.end(), 1U));
}

}  // namespace

ZeroShotReport evaluate_zeroshot(const Embedder& embedder, const std::filesystem::path& folder,
                                 const ZeroShotOptions& options) {
  const auto progress_of = [&](std::string_view what) -> Progress {
    if (!options.progress) return {};
    return [&options, what](std::size_t done, std::size_t total) {
      options.progress(what, done, total);
    };
  };
  check_templates(options.templates);
  const ClassFolders folders = read_class_folders(folder, options.class_names);
  ZeroShotReport report;
  report.templates = std::max<std::size_t>(1, options.templates.size());
  report.prompts = single_prompts(embedder, folders, options);
  report.notes = folders.notes;
  const std::vector<std::size_t> ks = telling_ks(options.ks, folders.names.size(), report.notes);
  const Matrix classes =
      class_embeddings(embedder, folders.names, options.templates, progress_of("texts"));
  append(report.notes,
         label_notes("class name", folders.names, options.templates, embedder, classes));
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
  report.classification = classification_report(ranks, right_classes, folders.names, ks);
  append(report.notes, picture_notes(images.rows, right_classes));
  append(report.notes, result_notes(count_right(ranks), right_classes, folders.names));
  report.failures = std::move(images.failures);
  report.counts = images.counts;
  report.skipped = folders.skipped;
  return report;
}

}  // namespace diptych::evaluate
