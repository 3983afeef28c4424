#include "shards/survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/as_text.h"
#include "shards/caption_text.h"
#include "shards/repeats.h"

namespace diptych::shards {
namespace {

/// Counts values, and knows the commonest.
template <typename Value>
class Counter {
 public:
  void add(const Value& value, const std::string& example) {
    Commonest& same = counts_.try_emplace(value, Commonest{0, example}).first->second;
    if (++same.count > commonest_.count) commonest_ = same;
  }
  const Commonest& commonest() const { return commonest_; }

 private:
  std::map<Value, Commonest> counts_;
  Commonest commonest_;
};

/// Looks at samples one after the other.
class Look {
 public:
  Look(const Dataset& dataset, const TextKeys& keys) : dataset_(dataset), keys_(keys) {}

  void at(std::size_t index) {
    ++survey_.looked_at;
    try {
      const Sample sample = dataset_.at(index);
      take(sample, read_text(sample, keys_));
    } catch (const Error& error) {
      survey_.refused.add(dataset_.refusal(index, error));
    }
  }

  Survey result() && {
    survey_.common_captions = captions_.commonest();
    survey_.common_picture = pictures_.commonest();
    return std::move(survey_);
  }

 private:
  void take(const Sample& sample, SampleText text) {
    survey_.with_text_key += text.has_text_key ? 1 : 0;
    if (text.captions.empty()) return survey_.refused.add(text.refused.front());
    ++survey_.usable;
    for (const Refusal& refusal : text.refused) survey_.captions_left_out.add(refusal);
    const std::string place = fmt::format("{}, {}", sample.shard, one_line(sample.place()));
    for (const std::string& caption : text.captions) {
      const std::string_view doubt = text.has_text_key ? caption_doubt(caption) : "";
      if (!doubt.empty()) survey_.remarks.add(doubt, place);
    }
    captions_.add(text.captions, text.captions.front());
    if (const auto picture = sample.image()) pictures_.add(number_of(as_text(*picture)), place);
    survey_.captions.push_back(std::move(text.captions));
  }

  const Dataset& dataset_;
  const TextKeys& keys_;
  Survey survey_;
  Counter<std::vector<std::string>> captions_;
  Counter<std::uint64_t> pictures_;
};

}  // namespace

Survey survey(const Dataset& dataset, const TextKeys& keys, std::size_t at_most) {
  Look look(dataset, keys);
  const std::size_t count = std::min(dataset.size(), at_most);
  for (std::size_t i = 0; i < count; ++i) look.at(i * dataset.size() / count);
  return std::move(look).result();
}

}  // namespace diptych::shards
