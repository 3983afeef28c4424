#pragma once

#include <span>
#include <string_view>

#include "checkpoint/key_table.h"
#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// One program's way of naming weights.
struct Family {
  std::string_view name;
  /// Patterns that all occur among the names of such a checkpoint, and only there.
  std::span<const std::string_view> signature;
  /// From its names to the canonical ones. Empty: diptych recognises the family and cannot load it.
  std::span<const KeyRule> rules;
  /// Tensors that carry no weights: counters, constants and tables that are recomputed.
  std::span<const std::string_view> ignored;
};

/// The families with tables of their own: openai, open_clip and huggingface_clip.
const Family& openai_family();
const Family& open_clip_family();
const Family& huggingface_clip_family();
/// open_clip's models over a timm image tower; recognised only.
const Family& open_clip_timm_family();
/// Canonical names as they are: diptych's own files.
const Family& diptych_family();

/// The family whose signature the names bear; nullptr when there is none. OpenAI's and open_clip's
/// names are the same: the answer is then openai when the constants that OpenAI's files carry are
/// there.
const Family* recognise_family(const TensorMap& tensors);

}  // namespace diptych::checkpoint
