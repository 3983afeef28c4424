#include "train/run_samples.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/random.h"
#include "image/encode.h"
#include "libtorch/operations.h"
#include "libtorch/towers.h"
#include "train/cosines.h"

namespace diptych::train {
namespace {

constexpr std::size_t kShown = 8;
/// Pairs whose captions are compared.
constexpr std::size_t kCompared = 64;
constexpr std::int64_t kNearest = 3;
/// The stream of the run's seed that the pairs are drawn from, which nothing else draws from.
constexpr std::uint64_t kSamplesStream = (std::uint64_t{1} << 63) + 1;

std::string thumbnail(const Image& picture) {
  constexpr int kSide = 96;
  constexpr int kQuality = 80;
  return image::encode(resize_and_crop(picture, {.size = kSide}), PictureFormat::jpg, kQuality);
}

}  // namespace

RunSamples::RunSamples(const shards::Dataset& dataset, const network::Model& model,
                       const Tokenizer& tokenizer, const LoaderOptions& loading) {
  pictures_.side = loading.preprocessing.size;
  Random random(loading.seed, kSamplesStream);
  std::set<std::size_t> drawn;
  for (std::size_t i = 0; i < kCompared; ++i) {
    const std::size_t index = random.below(dataset.size());
    if (!drawn.insert(index).second) continue;
    try {
      add_pair(dataset.at(index), loading);
    } catch (const Error&) {
      // The loader reports it when it comes to it.
    }
  }
  seen_.captions = captions_.size();
  for (const std::string& caption : captions_) {
    network::append_text(model,
                         tokenizer.encode(caption, network::context_length(model.config.text)),
                         tokenizer.pad_id(), texts_);
  }
}

void RunSamples::add_pair(const shards::Sample& sample, const LoaderOptions& loading) {
  const std::vector<std::string> captions = shards::read_text(sample, loading.text_keys).captions;
  const auto bytes = sample.image();
  if (captions.empty() || !bytes) return;
  if (seen_.samples.size() < kShown) {
    const Preprocessing& preprocessing = loading.preprocessing;
    const Image picture = preprocess_image(*bytes, sample.key, preprocessing,
                                           {.upright = loading.upright, .wide = loading.wide});
    std::vector<float> pixels(picture.rgb.size());
    normalise(picture, preprocessing, pixels);
    pictures_.add(pixels, {picture.height, picture.width});
    seen_.samples.push_back(
        {.picture = thumbnail(picture), .caption = {.text = captions.front(), .own = true}});
  }
  if (std::ranges::find(captions_, captions.front()) == captions_.end())
    captions_.push_back(captions.front());
}

void RunSamples::look_if_due(const Learner& learner, std::int64_t step, bool last) {
  constexpr double kShare = 0.01;
  if (seen_.samples.empty()) return;
  if (!last && looked_ && kShare * seconds_since(*looked_) < look_seconds_) return;
  const Clock::time_point start = Clock::now();
  look(learner);
  seen_.step = step;
  looked_ = Clock::now();
  look_seconds_ = seconds_since(start);
}

void RunSamples::look(const Learner& learner) {
  const torch::Tensor all = cosines(learner);
  const torch::Tensor places = std::get<1>(all.topk(std::min(kNearest, all.size(1)), 1));
  for (std::size_t i = 0; i < seen_.samples.size(); ++i) {
    RunSample& sample = seen_.samples[i];
    const auto row = static_cast<std::int64_t>(i);
    const auto scored = [&](std::int64_t place) {
      const std::string& text = captions_[static_cast<std::size_t>(place)];
      return ScoredCaption{.text = text,
                           .cosine = all[row][place].item<double>(),
                           .own = text == sample.caption.text};
    };
    sample.nearest.clear();
    for (std::int64_t rank = 0; rank < places.size(1); ++rank)
      sample.nearest.push_back(scored(places[row][rank].item<std::int64_t>()));
    sample.caption = scored(std::ranges::find(captions_, sample.caption.text) - captions_.begin());
  }
}

torch::Tensor RunSamples::cosines(const Learner& learner) const {
  const torch::NoGradGuard no_gradients;
  const network::Model& model = learner.model();
  const libtorch::Parameters weights = learner.weights();
  libtorch::Operations operations(model.parameters, weights, {.training = false});
  const network::Pixels pixels{pictures_.pixels.data(), static_cast<int>(seen_.samples.size()),
                               pictures_.side, pictures_.side, pictures_.sizes};
  return train::cosines(network::image_features(operations, model, pixels),
                        network::text_features(operations, model, texts_))
      .cpu();
}

}  // namespace diptych::train
