#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diptych/encoder.h"
#include "diptych/export.h"
#include "diptych/matrix.h"
#include "diptych/picture_files.h"
#include "diptych/prompts.h"

namespace diptych {

// Ranks count from 1. Everywhere here equal scores are ordered by index, as in `largest`, so that a
// model that cannot tell its inputs apart scores as chance does, not as if it were always right.

/// The share, 0 to 1, of inputs whose right answer is among the k with the best scores.
struct TopK {
  std::size_t k = 1;
  double share = 0.0;
};

/// How often the pictures of one class were given to it.
struct ClassRecall {
  std::string name;
  std::size_t images = 0;
  double recall = 0.0;  ///< share of `images` whose best score is this class's, 0 to 1
};

struct ClassificationReport {
  std::size_t images = 0;
  std::size_t classes = 0;  ///< candidates, those without pictures included
  std::vector<TopK> accuracy;
  /// The mean of the classes' recalls; unlike accuracy, rare classes count as much as frequent
  /// ones.
  double mean_per_class_recall = 0.0;
  /// The classes that have pictures, in the candidates' order.
  std::vector<ClassRecall> per_class;
};

/// Compares scores [images, classes] with the right class of each picture. Throws
/// Error(invalid_argument) when the sizes do not fit, a class is out of range, a score is NaN, or
/// there is no picture. Thread-safe.
DIPTYCH_API ClassificationReport evaluate_classification(const Matrix& scores,
                                                         std::span<const std::size_t> right_classes,
                                                         std::span<const std::string> class_names,
                                                         std::span<const std::size_t> ks);

/// One direction of retrieval. A query may have several right answers: its rank is the best one's.
struct RetrievalMetrics {
  std::size_t queries = 0;
  std::size_t without_answer =
      0;  ///< queries with no right answer at all; not counted in `queries`
  std::vector<TopK> recall;
  double median_rank = 0.0;  ///< for an even number of queries the mean of the middle two
  double mean_rank = 0.0;
};

struct RetrievalReport {
  RetrievalMetrics image_to_text;
  RetrievalMetrics text_to_image;
  /// The mean of all recalls of both directions, as Chinese-CLIP reports it.
  double mean_recall = 0.0;
};

/// A picture and a text that belong together, by row.
struct ImageTextPair {
  std::size_t image = 0;
  std::size_t text = 0;
};

/// Evaluates retrieval in both directions among embeddings [images, width] and [texts, width]. A
/// picture may have several texts and a text several pictures. Memory: no more than 256 rows of
/// similarities at a time. Throws Error(invalid_argument) when the widths differ, a pair is out of
/// range, an embedding is NaN, or no pair is given. Thread-safe.
DIPTYCH_API RetrievalReport evaluate_retrieval(const Matrix& image_embeddings,
                                               const Matrix& text_embeddings,
                                               std::span<const ImageTextPair> pairs,
                                               std::span<const std::size_t> ks);

struct ZeroShotOptions {
  /// What class names are put into, literally; of several the embeddings are averaged. Default:
  /// none, each name is put into its own `default_template`.
  std::vector<std::string> templates;
  /// A file with the classes' names. Empty, the default: the folders' names, with blanks for `_`.
  /// Otherwise JSON (`.json`) or UTF-8 text in one of two forms:
  ///   - an object, or lines "folder<TAB>name": the name of every class folder. A folder that does
  ///     not exist is a candidate without pictures;
  ///   - an array, or lines "name": one for each class folder, which are sorted by name. Refused
  ///     where that order is doubtful: names that are other folders' names or that begin with the
  ///     folders' names, and folders that are numbers of different lengths.
  std::filesystem::path class_names;
  /// The k of the top-k accuracies. Those that are no less than the number of classes are left out:
  /// the right one is always among as many.
  std::vector<std::size_t> ks = {1, 5};
  /// Called on the calling thread with what is encoded ("texts", then "images"), how many are done
  /// and how many there are. May throw, which ends the call.
  std::function<void(std::string_view what, std::size_t done, std::size_t total)> progress;
  /// How picture files are read. Default: as the reference systems do, so not turned upright.
  DecodeOptions decode = {};
};

struct ZeroShotReport {
  ClassificationReport classification;
  std::size_t templates = 0;  ///< texts a class name was put into
  /// The text of every class, in the candidates' order; empty when several were averaged.
  std::vector<std::string> prompts;
  /// Pictures that could not be encoded; they are in none of the figures.
  std::vector<Failure> failures;
  PictureCounts counts;  ///< of the pictures in the figures
  SkippedFiles skipped;  ///< what lies in the class folders besides
  /// Why the figures may say less than they seem to, one sentence each: classes without pictures,
  /// pictures that are left out or in several classes, names that are codes, longer than the text
  /// tower reads, or the same to the model, no better an accuracy than guessing. Usually none.
  std::vector<std::string> notes;
};

/// Evaluates zero-shot classification of a folder that holds one folder of pictures a class. Throws
/// Error: not_found and io for folder and files, corrupt_data for a class name file that cannot be
/// read, invalid_argument for names that do not fit the folders, are empty or not UTF-8, for a
/// template without a place for the label, for class folders that only hold the classes' folders (a
/// folder too high), for a single class, and when no picture could be encoded. The same name twice
/// is allowed (ImageNet has two) and noted; the tie goes to the first.
DIPTYCH_API ZeroShotReport evaluate_zeroshot(const Encoder& encoder,
                                             const std::filesystem::path& folder,
                                             const ZeroShotOptions& options = {});

/// Returns one JSON object, indented. Shares are 0 to 1; top-k figures have the keys "top1", "top5"
/// ... or "r1", "r5" ...
DIPTYCH_API std::string to_json(const ClassificationReport& report);
DIPTYCH_API std::string to_json(const RetrievalReport& report);
DIPTYCH_API std::string to_json(const ZeroShotReport& report);

}  // namespace diptych
