#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "diptych/train.h"
#include "shards/refusal.h"
#include "train/loader.h"

namespace diptych::train {

/// Returns one entry a reason, the commonest first.
std::vector<RefusedData> refused_data(const shards::Refusals& refusals);

/// Returns "3 without a caption, the first: caption: got jpg, expected txt (a.tar, offset 0, key
/// 1)"
std::string in_words(const RefusedData& refused);

/// Counts the samples that a run refuses, and the captions that it leaves out of others, each once
/// however many epochs meet it. Not thread-safe.
class RefusalReport {
 public:
  /// For a data set of so many samples. `whole_epoch`: whether the run begins at an epoch's start.
  RefusalReport(std::size_t samples, bool whole_epoch)
      : refused_before_(samples, false),
        captions_counted_(samples, false),
        whole_epoch_(whole_epoch) {}

  void add(const LoadedBatch& batch);
  /// Throws Error(corrupt_data) with the commonest reason when the epoch that ends here gave no
  /// pair to learn from.
  void end_epoch();

  std::int64_t samples() const { return static_cast<std::int64_t>(refusals_.samples()); }
  std::vector<RefusedData> by_reason() const { return refused_data(refusals_); }
  std::vector<RefusedData> captions_left_out() const { return refused_data(captions_); }
  const std::string& last_problem() const { return last_problem_; }

 private:
  void add_captions(const std::vector<RefusedSample>& captions);

  std::vector<bool> refused_before_;
  std::vector<bool> captions_counted_;
  bool whole_epoch_;
  std::int64_t pairs_of_epoch_ = 0;
  shards::Refusals refusals_;
  shards::Refusals captions_;
  std::string last_problem_;
};

}  // namespace diptych::train
