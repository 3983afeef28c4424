#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace diptych::shards {

struct SamplerOptions {
  /// The order of epoch e depends on nothing but the seed, e, the data set's size and the options
  /// here. Default: 0.
  std::uint64_t seed = 0;
  /// Samples in a batch of one rank. Default: 64.
  std::size_t batch_size = 64;
  /// This process among `world` of them that train together. Defaults: one process.
  int rank = 0;
  int world = 1;
  /// Leave out the samples at an epoch's end that do not fill a batch on every rank, as open_clip
  /// does in training; each epoch leaves out others. Default: yes. Otherwise the last batch is
  /// smaller, shared evenly between the ranks, and may be empty on some.
  bool drop_last = true;
  /// Default: yes. Otherwise every epoch is 0, 1, 2 ... and `groups` has no effect.
  bool shuffle = true;
  /// How often an epoch visits each sample of each source: 2 is twice, 0.5 is a random half, new in
  /// each epoch. One number a source, finite, at least 0. Empty, the default: once each.
  std::vector<double> upsampling_factors;
  /// The number of samples in each source; only looked at when there are factors.
  std::vector<std::size_t> source_sizes;
  /// The group of each sample, as pictures of one concept, which must not be each other's
  /// negatives: a batch (of all ranks together) holds two samples of one group only if the group
  /// has more samples than the epoch has full batches. Empty, the default: each sample is its own
  /// group.
  std::vector<std::uint32_t> groups;
};

/// Where a sampler stands: all that a checkpoint has to keep.
struct SamplerPosition {
  std::uint64_t epoch = 0;
  /// Samples of the epoch's order that were given out, on all ranks together.
  std::uint64_t index = 0;

  bool operator==(const SamplerPosition&) const = default;
};
static_assert(sizeof(SamplerPosition) == 16);

/// Gives out the numbers of the samples of each batch, epoch after epoch without end. Every rank
/// has its own sampler with the same options but `rank`. Not thread-safe.
class Sampler {
 public:
  /// For a data set of `size` samples. Throws Error(invalid_argument) when an epoch would have no
  /// batch, or an option does not fit.
  Sampler(std::size_t size, SamplerOptions options);

  /// Returns the next batch of this rank, as numbers below the data set's size.
  std::vector<std::size_t> next();

  /// Returns where the batch that `next` gives next begins.
  SamplerPosition position() const { return position_; }
  /// Continues from a position of a sampler with the same options: the batches that follow are the
  /// same. With another batch size, the epoch's order differs when there are groups or repeated
  /// samples. Throws Error(invalid_argument) for a position outside the epoch.
  void seek(SamplerPosition position);

  std::size_t batches_per_epoch() const;

 private:
  void check_options() const;
  void begin_epoch();
  void finish_epoch_if_done();
  std::size_t total_batch() const;

  std::size_t size_;
  SamplerOptions options_;
  /// Samples that an epoch visits, on all ranks together, those left out not counted.
  std::size_t samples_per_epoch_ = 0;
  SamplerPosition position_;
  std::vector<std::size_t> order_;
};

}  // namespace diptych::shards
