#include "train/step_exchange.h"

#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace diptych::train {
namespace {

using nlohmann::json;

json to_json(const std::vector<RefusedSample>& samples) {
  json list = json::array();
  for (const RefusedSample& sample : samples) {
    const shards::Refusal& refusal = sample.refusal;
    list.push_back({sample.index, static_cast<int>(refusal.reason), refusal.source, refusal.place,
                    refusal.what});
  }
  return list;
}

std::vector<RefusedSample> samples_of(const json& list) {
  std::vector<RefusedSample> samples;
  for (const json& entry : list) {
    samples.push_back({entry.at(0).get<std::size_t>(),
                       {static_cast<shards::RefusalReason>(entry.at(1).get<int>()),
                        entry.at(2).get<std::string>(), entry.at(3).get<std::string>(),
                        entry.at(4).get<std::string>()}});
  }
  return samples;
}

void append(std::vector<RefusedSample> more, std::vector<RefusedSample>& samples) {
  std::move(more.begin(), more.end(), std::back_inserter(samples));
}

/// What all processes refused, in the order of their ranks.
void gather_refusals(const libtorch::ProcessGroup& group, LoadedBatch& loaded) {
  const std::vector<std::uint8_t> own =
      json::to_cbor({to_json(loaded.refused), to_json(loaded.captions_left_out)});
  loaded.refused.clear();
  loaded.captions_left_out.clear();
  for (const std::string& text : group.gathered_texts(std::string(own.begin(), own.end()))) {
    const json lists = json::from_cbor(text);
    append(samples_of(lists.at(0)), loaded.refused);
    append(samples_of(lists.at(1)), loaded.captions_left_out);
  }
}

}  // namespace

bool exchange_step(const libtorch::ProcessGroup& group, bool asked_to_stop, LoadedBatch& loaded) {
  const bool has_refusals = !loaded.refused.empty() || !loaded.captions_left_out.empty();
  bool stops = false;
  bool any_refused = false;
  loaded.pairs = 0;
  for (const auto& numbers : group.gathered_numbers(
           {asked_to_stop ? 1 : 0, loaded.batch.pairs(), has_refusals ? 1 : 0})) {
    stops = stops || numbers[0] != 0;
    loaded.pairs += static_cast<int>(numbers[1]);
    any_refused = any_refused || numbers[2] != 0;
  }
  if (any_refused) gather_refusals(group, loaded);
  return stops;
}

}  // namespace diptych::train
