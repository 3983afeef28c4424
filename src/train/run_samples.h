#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "diptych/tokenizer.h"
#include "train/batch.h"
#include "train/learner.h"
#include "train/loader.h"
#include "train/meter.h"

namespace diptych::train {

/// A caption, and the cosine of its embedding with a picture's.
struct ScoredCaption {
  std::string text;
  double cosine = 0.0;
  bool own = false;  ///< whether it is the picture's
};

/// A pair of the data as the model in training sees it.
struct RunSample {
  std::string picture;                 ///< small, as the content of a JPEG file
  ScoredCaption caption;               ///< its own
  std::vector<ScoredCaption> nearest;  ///< to the picture, the nearest first
};

/// What a look at the model showed.
struct SamplesSeen {
  std::int64_t step = 0;     ///< steps done then; zero: there was no look yet
  std::size_t captions = 0;  ///< that were compared, each once
  std::vector<RunSample> samples;
};

/// A few pairs of the training data, not augmented, and which captions the model in training finds
/// nearest to their pictures. The pairs are the same all through a run, drawn from its seed, and so
/// are the captions, which are those of some more pairs. Draws nothing from the run's generators
/// and moves nothing that is trained.
class RunSamples {
 public:
  /// Reads the pairs; those that cannot be read are left out. Texts are packed as `model`'s text
  /// tower takes them. `loading`: how the run reads its data.
  RunSamples(const shards::Dataset& dataset, const network::Model& model,
             const Tokenizer& tokenizer, const LoaderOptions& loading);

  /// Looks at the model after so many steps, unless it is not the `last` one and looking would take
  /// more than a hundredth of the time.
  void look_if_due(const Learner& learner, std::int64_t step, bool last);

  const SamplesSeen& seen() const { return seen_; }

 private:
  void add_pair(const shards::Sample& sample, const LoaderOptions& loading);
  void look(const Learner& learner);
  /// Returns the cosines of pictures, a row each, with all captions.
  torch::Tensor cosines(const Learner& learner) const;

  std::vector<std::string> captions_;  ///< each once
  SamplesSeen seen_;
  Inputs pictures_;
  network::Tokens texts_;
  std::optional<Clock::time_point> looked_;
  double look_seconds_ = 0.0;
};

}  // namespace diptych::train
