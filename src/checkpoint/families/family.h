#pragma once

#include <span>
#include <string>
#include <string_view>

#include "checkpoint/containers/container.h"
#include "checkpoint/fitting/position_table.h"
#include "checkpoint/keys/key_table.h"
#include "checkpoint/source/model_file.h"
#include "checkpoint/source/model_files.h"
#include "network/config.h"

namespace diptych::checkpoint {

struct ParsedModel;

/// One program's way of naming weights.
struct Family {
  std::string_view name;
  /// Patterns that all occur among the names of such a checkpoint, and only there.
  std::span<const std::string_view> signature;
  /// From its names to the canonical ones.
  std::span<const KeyRule> rules;
  /// Tensors that carry no weights: counters, constants and tables that are recomputed.
  std::span<const std::string_view> ignored;
  /// Reads the config that lies beside the weights, or infers it; without weights. Throws Error.
  /// Null: diptych recognises the family and cannot load it.
  ModelFile (*parse)(const ModelFiles& files, const ParsedModel& parsed) = nullptr;
  /// How its own program resizes the image tower's positions.
  GridResize positions = GridResize::antialiased;
  /// Brings what a container holds into the form that the rules are about, before anything else.
  void (*prepare)(Container& container) = nullptr;
  /// Where a layer is stored as branches that are added up: puts the layers that the rules are
  /// about in their place. The config is known to be valid. Throws Error(invalid_argument).
  void (*fuse)(ParsedModel& parsed) = nullptr;
  /// Whether these are the names of one tower by itself, which parts of other models may have too.
  bool is_one_tower = false;
};

/// Returns the family of files that hold one of its towers alone, known by this signature.
constexpr Family one_tower(Family family, std::span<const std::string_view> signature) {
  family.signature = signature;
  family.is_one_tower = true;
  return family;
}

/// A checkpoint before its weights are put in their places.
struct ParsedModel {
  ModelFile model;  ///< without weights
  Container container;
  const Family* family = nullptr;
  std::string weights_name;  ///< for messages
};

/// Returns whether a tensor's name fits the pattern.
bool occurs(const TensorMap& tensors, std::string_view pattern);

/// Puts `prefix` before every name: that of a tower whose own module was saved.
void put_before_names(std::string_view prefix, TensorMap& tensors);

/// Returns the config that the shapes of a family's tensors imply (configs/infer_config.h).
network::ModelConfig infer_config(const TensorMap& tensors, const Family& family,
                                  network::Activation activation, const std::string& weights_name,
                                  const StatedFacts& stated = {});

}  // namespace diptych::checkpoint
