#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shards/dataset.h"
#include "shards/sample.h"

namespace diptych::shards {

/// Where in a sample its words stand.
struct TextKeys {
  /// The key of the `json` part that holds the caption, or a list of captions to choose from.
  /// Empty, the default, or not in the sample's `json`: the `txt` part.
  std::string json_text_key;
  /// The key of the `json` part that names the sample's group (text or a number), as the concept it
  /// shows. Empty, the default: no groups.
  std::string json_group_key;
  /// Whether a sample is of the group of its first caption instead. Default: no.
  bool group_by_caption = false;
};

/// What a sample says in words.
struct SampleText {
  /// The captions that may be used, at least one for a good sample. UTF-8.
  std::vector<std::string> captions;
  /// The group it belongs to; empty: to none.
  std::string group;
  /// Whether its `json` has TextKeys::json_text_key.
  bool has_text_key = false;
  /// What is wrong with each caption that was left out, or with the sample that has none.
  std::vector<Refusal> refused;
};

/// Reads a sample's texts; never throws for the sample's content. Thread-safe.
SampleText read_text(const Sample& sample, const TextKeys& keys);

/// The samples' groups as numbers, for SamplerOptions::groups.
struct Groups {
  /// Equal for samples with an equal group, and one of its own for each sample without.
  std::vector<std::uint32_t> ids;
  /// Samples that name a group, and different groups among them.
  std::size_t samples_with_group = 0;
  std::size_t different = 0;
  /// Samples of the largest of them.
  std::size_t largest = 0;
};

/// Reads the text of every sample.
Groups read_groups(const Dataset& dataset, const TextKeys& keys);

}  // namespace diptych::shards
