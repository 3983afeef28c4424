#include "shards/survey.h"

#include <algorithm>

namespace diptych::shards {

Survey survey(const Dataset& dataset, const TextKeys& keys, std::size_t at_most) {
  Survey result;
  result.looked_at = std::min(dataset.size(), at_most);
  for (std::size_t i = 0; i < result.looked_at; ++i) {
    const std::size_t index = i * dataset.size() / result.looked_at;
    try {
      const SampleText text = read_text(dataset.at(index), keys);
      result.with_text_key += text.has_text_key ? 1 : 0;
      if (text.captions.empty()) {
        result.refused.add(text.refused.front());
      } else {
        ++result.usable;
        for (const Refusal& refusal : text.refused) result.captions_left_out.add(refusal);
      }
    } catch (const Error& error) {
      result.refused.add(dataset.refusal(index, error));
    }
  }
  return result;
}

}  // namespace diptych::shards
