#include "api/finetune_figures.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/error.h"
#include "diptych/classifier.h"
#include "diptych/evaluate.h"
#include "evaluate/linear_probe.h"

namespace diptych::api {
namespace {

/// As classify and search read pictures, which the tuned model is for.
constexpr DecodeOptions kUpright = {.upright = true};

/// The pictures' embeddings, of those that can be read, and their places among `paths`.
EncodedImages embed(const Encoder& encoder, const std::vector<std::filesystem::path>& paths) {
  EncodedImages encoded = encoder.encode_images(paths, {.decode = kUpright});
  if (encoded.inputs.empty()) {
    fail(encoded.failures.front().code, "finetune: no picture can be read, the first: {}",
         encoded.failures.front().message);
  }
  return encoded;
}

/// Embeddings of pictures with their classes.
struct Classified {
  Matrix rows;
  std::vector<std::size_t> right_classes;
  std::vector<Failure> failures;
};

Classified embed_classified(const Encoder& encoder, const std::vector<OwnPicture>& pictures) {
  std::vector<std::filesystem::path> paths;
  paths.reserve(pictures.size());
  for (const OwnPicture& picture : pictures) paths.push_back(picture.path);
  EncodedImages encoded = embed(encoder, paths);
  Classified classified{.rows = std::move(encoded.rows),
                        .right_classes = {},
                        .failures = std::move(encoded.failures)};
  for (const std::size_t input : encoded.inputs)
    classified.right_classes.push_back(pictures[input].right_class);
  return classified;
}

/// The place of a value in a list that has each once; at its end when it is new.
template <typename T>
std::size_t place_of(const T& value, std::map<T, std::size_t>& places, std::vector<T>& list) {
  const auto [place, added] = places.try_emplace(value, list.size());
  if (added) list.push_back(value);
  return place->second;
}

/// Of retrieval among the different pictures and the different captions.
HeldOutFigure mean_recall(const Encoder& encoder, const std::vector<OwnPicture>& pictures) {
  std::map<std::filesystem::path, std::size_t> image_places;
  std::map<std::string, std::size_t> text_places;
  std::vector<std::filesystem::path> paths;
  std::vector<std::string> texts;
  std::vector<ImageTextPair> all;
  all.reserve(pictures.size());
  for (const OwnPicture& picture : pictures) {
    all.push_back({.image = place_of(picture.path, image_places, paths),
                   .text = place_of(picture.caption, text_places, texts)});
  }
  const EncodedImages images = embed(encoder, paths);
  std::vector<ImageTextPair> pairs;
  for (const ImageTextPair& pair : all) {
    const auto row = std::lower_bound(images.inputs.begin(), images.inputs.end(), pair.image);
    if (row == images.inputs.end() || *row != pair.image) continue;
    pairs.push_back(
        {.image = static_cast<std::size_t>(row - images.inputs.begin()), .text = pair.text});
  }
  constexpr std::array<std::size_t, 3> kAmong = {1, 5, 10};
  const RetrievalReport report =
      evaluate_retrieval(images.rows, encoder.encode_texts(texts).all(), pairs, kAmong);
  return {.value = report.mean_recall, .failures = images.failures};
}

}  // namespace

HeldOutFigure held_out_figure(const Encoder& encoder, const OwnData& data) {
  if (data.classes.empty()) return mean_recall(encoder, data.held_out);
  const Classified images = embed_classified(encoder, data.held_out);
  const Classifier classifier(encoder, data.classes);
  return {.value = evaluate::accuracy(classifier.cosines(images.rows), images.right_classes),
          .failures = images.failures};
}

std::optional<HeldOutFigure> linear_probe_figure(const Encoder& encoder, const OwnData& data) {
  if (data.classes.empty()) return std::nullopt;
  const Classified known = embed_classified(encoder, data.training);
  const Classified others = embed_classified(encoder, data.held_out);
  return HeldOutFigure{
      .value = evaluate::best_probe_accuracy(known.rows, known.right_classes, data.classes.size(),
                                             others.rows, others.right_classes),
      .failures = known.failures};
}

HeldOutFigure retained_accuracy(const Encoder& encoder, const std::filesystem::path& folder) {
  const ZeroShotReport report = evaluate_zeroshot(encoder, folder, {.ks = {1}, .decode = kUpright});
  return {.value = report.classification.accuracy.front().share, .failures = report.failures};
}

}  // namespace diptych::api
