#pragma once

#include <chrono>
#include <vector>

#include "base/prefetcher.h"
#include "diptych/image.h"
#include "diptych/tokenizer.h"
#include "image/augment.h"
#include "network/model.h"
#include "shards/dataset.h"
#include "shards/sample_text.h"
#include "shards/sampler.h"
#include "train/batch.h"

namespace diptych::train {

class Teacher;

struct LoaderOptions {
  std::uint64_t seed = 0;
  /// Pairs of a step, of all processes.
  int batch_size = 64;
  /// Which part of each batch is made here: that of this process among those that train together.
  int rank = 0;
  int world = 1;
  /// Threads that read, decode and augment; zero: one a CPU.
  int workers = 0;
  shards::TextKeys text_keys;
  /// The group of each sample, as SamplerOptions::groups. Empty: none.
  std::vector<std::uint32_t> groups;
  bool upright = false;             ///< as DecodeOptions
  WideGrey wide = WideGrey::clamp;  ///< as DecodeOptions
  AugmentOptions augmentation;
  /// How often a transparent picture is laid on a random colour instead of the preprocessing's
  /// background.
  double random_background = 0.0;
  Preprocessing preprocessing;
  /// Who sees the same pairs besides; none: no one. Must outlive the loader.
  const Teacher* teacher = nullptr;
};

/// A sample that is missing from its batch, or one of its captions that can never be drawn.
struct RefusedSample {
  std::size_t index;  ///< its number in the data set
  shards::Refusal refusal;
};

/// A batch, or this process's part of it, where the one after it begins, and why samples are
/// missing.
struct LoadedBatch {
  Batch batch;
  int pairs = 0;  ///< of the batch; with several processes, once they have exchanged it, of all
  shards::SamplerPosition next;
  std::vector<RefusedSample> refused;
  /// Captions of samples that have others, those of one sample together.
  std::vector<RefusedSample> captions_left_out;
};

/// Decodes, augments and tokenises the batches of a data set ahead of their use. What a batch holds
/// depends on the seed and its position alone, never on the workers: the caption and the
/// augmentation of a pair are drawn from a generator of its own, seeded by its place in the run.
class Loader {
 public:
  /// Starts at `position`. Texts are packed as `model`'s text tower takes them. `dataset`, `model`
  /// and `tokenizer` must outlive the loader.
  Loader(const shards::Dataset& dataset, const network::Model& model, const Tokenizer& tokenizer,
         const LoaderOptions& options, shards::SamplerPosition position);

  /// Waits for the next batch at most so long; whether it is there.
  bool is_ready(std::chrono::milliseconds patience) { return batches_.is_ready(patience); }
  /// Returns the next batch, waiting for it if need be. From one thread only.
  LoadedBatch next();
  std::size_t batches_per_epoch() const { return sampler_.batches_per_epoch(); }

 private:
  /// Which samples a batch is made of, and where in the run.
  struct Ticket {
    shards::SamplerPosition begin;
    shards::SamplerPosition next;
    std::vector<std::size_t> samples;
  };
  Ticket take_ticket();
  LoadedBatch build(const Ticket& ticket) const;

  const shards::Dataset& dataset_;
  const network::Model& model_;
  const Tokenizer& tokenizer_;
  const LoaderOptions options_;
  shards::Sampler sampler_;

  Prefetcher<Ticket, LoadedBatch> batches_;  ///< last: its threads use the others
};

}  // namespace diptych::train
