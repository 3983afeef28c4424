#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shards/dataset.h"
#include "shards/sample.h"

namespace diptych::shards {

struct CaptionOptions {
  /// The key of the `json` part that holds the caption, or a list of captions to choose from.
  /// Empty, the default, or not in the sample's `json`: the `txt` part.
  std::string json_text_key;
  /// The key of the `json` part that names the sample's group (text or a number), as the concept it
  /// shows. Empty, the default: no groups.
  std::string json_group_key;
};

/// What a sample says in words.
struct SampleText {
  /// The captions that may be used, at least one for a good sample. UTF-8.
  std::vector<std::string> captions;
  /// The group it belongs to; empty: to none.
  std::string group;
  /// Why captions were left out: not UTF-8, empty, or a `json` part that cannot be read. Each names
  /// the shard and offset.
  std::vector<std::string> problems;
};

/// Never throws for the sample's content. Thread-safe.
SampleText read_text(const Sample& sample, const CaptionOptions& options);

/// The group of each sample as a number, for SamplerOptions::groups: equal for samples with an
/// equal group, and one of its own for each sample without. Reads the `json` part of every sample.
std::vector<std::uint32_t> group_ids(const Dataset& dataset, const CaptionOptions& options);

}  // namespace diptych::shards
