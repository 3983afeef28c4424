#include "train/refusal_report.h"

#include "base/error.h"

namespace diptych::train {

std::vector<RefusedData> refused_data(const shards::Refusals& refusals) {
  std::vector<RefusedData> entries;
  for (const shards::RefusalReason reason : refusals.reasons()) {
    entries.push_back({.reason = std::string(shards::name(reason)),
                       .description = std::string(shards::describe(reason)),
                       .count = static_cast<std::int64_t>(refusals.count(reason)),
                       .example = refusals.examples(reason).front().message()});
  }
  return entries;
}

std::string in_words(const RefusedData& refused) {
  return fmt::format("{} {}, the first: {}", refused.count, refused.description, refused.example);
}

void RefusalReport::add(const LoadedBatch& batch) {
  pairs_of_epoch_ += batch.pairs;
  for (const RefusedSample& refused : batch.refused) {
    last_problem_ = refused.refusal.message();
    if (refused_before_[refused.index]) continue;
    refused_before_[refused.index] = true;
    refusals_.add(refused.refusal);
  }
  add_captions(batch.captions_left_out);
}

void RefusalReport::add_captions(const std::vector<RefusedSample>& captions) {
  for (std::size_t i = 0; i < captions.size();) {
    const std::size_t sample = captions[i].index;
    const bool is_new = !captions_counted_[sample];
    captions_counted_[sample] = true;
    for (; i < captions.size() && captions[i].index == sample; ++i) {
      if (is_new) captions_.add(captions[i].refusal);
    }
  }
}

void RefusalReport::end_epoch() {
  if (whole_epoch_ && pairs_of_epoch_ == 0) {
    const std::vector<RefusedData> reasons = by_reason();
    fail(ErrorCode::corrupt_data, "train: got no usable pair in an epoch: {}",
         reasons.empty() ? "no reason is known" : in_words(reasons.front()));
  }
  whole_epoch_ = true;
  pairs_of_epoch_ = 0;
}

}  // namespace diptych::train
