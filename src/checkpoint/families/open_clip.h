#pragma once

#include <array>
#include <string_view>

#include "checkpoint/configs/m2m100.h"
#include "checkpoint/families/family.h"

namespace diptych::checkpoint {

/// open_clip's custom-text models put `text.` before the text tower's names; some files store the
/// logit scale and bias as [1].
inline constexpr auto kOpenClipOwnRules = std::to_array<KeyRule>({
    {"logit_*", Transform::reshape, {"logit_*"}},
    {"*", Transform::same, {"*"}},
    {"*", Transform::same, {"text.*"}},
});
inline constexpr auto kOpenClipRules = concatenate(kOpenClipOwnRules, kM2m100Rules);

inline constexpr auto kOpenClipIgnored = std::to_array<std::string_view>(
    {"*.num_batches_tracked", "*attn_mask", "*position_ids", "*.embed_positions.weights",
     "input_resolution", "context_length", "vocab_size"});

/// Returns the config beside the weights of a family that cannot be inferred: CoCa, or an image
/// tower of timm's. Throws Error(unsupported) when there is none.
ModelFile parse_stated_open_clip(const ModelFiles& files, const ParsedModel& parsed);

}  // namespace diptych::checkpoint
