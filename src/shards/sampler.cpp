#include "shards/sampler.h"

#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/random.h"
#include "shards/epoch_order.h"

namespace diptych::shards {

Sampler::Sampler(std::size_t size, SamplerOptions options)
    : size_(size), options_(std::move(options)) {
  check_options();
  std::size_t visited = size_;
  if (!options_.upsampling_factors.empty()) {
    visited = 0;
    for (std::size_t i = 0; i < options_.source_sizes.size(); ++i)
      visited += upsampled_size(options_.source_sizes[i], options_.upsampling_factors[i]);
  }
  samples_per_epoch_ = options_.drop_last ? visited - visited % total_batch() : visited;
  if (samples_per_epoch_ == 0) {
    fail(ErrorCode::invalid_argument, "data set: got {} samples an epoch, expected a batch of {}",
         visited, options_.drop_last ? total_batch() : 1);
  }
  begin_epoch();
}

void Sampler::check_options() const {
  const SamplerOptions& o = options_;
  if (o.batch_size == 0 || o.world < 1 || o.rank < 0 || o.rank >= o.world) {
    fail(
        ErrorCode::invalid_argument,
        "sampler: got batch size {}, rank {} of {}, expected at least 1 and a rank below the count",
        o.batch_size, o.rank, o.world);
  }
  if (!o.groups.empty() && o.groups.size() != size_) {
    fail(ErrorCode::invalid_argument, "sample groups: got {}, expected one for each of {} samples",
         o.groups.size(), size_);
  }
  if (o.upsampling_factors.empty()) return;
  const std::size_t in_sources =
      std::accumulate(o.source_sizes.begin(), o.source_sizes.end(), std::size_t{0});
  if (o.upsampling_factors.size() != o.source_sizes.size() || in_sources != size_) {
    fail(ErrorCode::invalid_argument,
         "upsampling factors: got {} for {} sources of {} samples, expected one a source and {}",
         o.upsampling_factors.size(), o.source_sizes.size(), in_sources, size_);
  }
  for (const double factor : o.upsampling_factors) {
    if (!(factor >= 0.0 && factor <= 1e6))
      fail(ErrorCode::invalid_argument, "upsampling factor: got {}, expected 0 to 1e6", factor);
  }
}

std::size_t Sampler::total_batch() const {
  return options_.batch_size * static_cast<std::size_t>(options_.world);
}

std::size_t Sampler::batches_per_epoch() const {
  return (samples_per_epoch_ + total_batch() - 1) / total_batch();
}

void Sampler::begin_epoch() {
  Random random(options_.seed, position_.epoch);
  const bool upsampled = !options_.upsampling_factors.empty();
  if (!upsampled) {
    order_.resize(size_);
    std::iota(order_.begin(), order_.end(), std::size_t{0});
  } else {
    order_.clear();
    std::size_t first = 0;
    for (std::size_t i = 0; i < options_.source_sizes.size(); ++i) {
      const auto samples =
          upsample(first, options_.source_sizes[i], options_.upsampling_factors[i], random);
      order_.insert(order_.end(), samples.begin(), samples.end());
      first += options_.source_sizes[i];
    }
  }
  if (!options_.shuffle) return;
  shuffle(std::span(order_), random);
  if (options_.groups.empty() && !upsampled) return;
  const std::span full_batches(order_.data(), order_.size() - order_.size() % total_batch());
  const auto& groups = options_.groups;
  spread_groups(
      full_batches, total_batch(), [&](std::size_t i) { return groups.empty() ? i : groups[i]; },
      random);
}

std::vector<std::size_t> Sampler::next() {
  const std::size_t begin = position_.index;
  const std::size_t count = std::min(total_batch(), samples_per_epoch_ - begin);
  const auto rank = static_cast<std::size_t>(options_.rank);
  const auto world = static_cast<std::size_t>(options_.world);
  const auto samples = std::span(order_).subspan(begin, count);
  const std::size_t from = count * rank / world;
  const std::size_t to = count * (rank + 1) / world;
  std::vector<std::size_t> batch(samples.begin() + static_cast<std::ptrdiff_t>(from),
                                 samples.begin() + static_cast<std::ptrdiff_t>(to));
  position_.index += count;
  finish_epoch_if_done();
  return batch;
}

void Sampler::seek(SamplerPosition position) {
  if (position.index >= samples_per_epoch_) {
    fail(ErrorCode::invalid_argument, "sampler position: got {}, expected less than {} samples",
         position.index, samples_per_epoch_);
  }
  position_ = position;
  begin_epoch();
  finish_epoch_if_done();
}

void Sampler::finish_epoch_if_done() {
  const std::size_t left = samples_per_epoch_ - position_.index;
  if (left >= (options_.drop_last ? total_batch() : 1)) return;
  position_ = {position_.epoch + 1, 0};
  begin_epoch();
}

}  // namespace diptych::shards
