#pragma once

#include <optional>
#include <string>

#include "diptych/image.h"
#include "network/config.h"

namespace diptych::checkpoint {

struct ModelFile;

/// What is known of a model besides its files: its publisher's words, found by its name.
struct KnownFacts {
  std::string name;          ///< for messages
  std::string architecture;  ///< in open_clip's words; empty where that is not known
  std::optional<Preprocessing> preprocessing;
  /// Whether the towers have QuickGELU; absent where that is not known.
  std::optional<bool> quick_gelu;
  /// The model was known by its file's name, not asked for by its own.
  bool guessed = false;
};

/// What whoever loads a model states of it, for files that do not say it.
struct StatedFacts {
  std::optional<bool> quick_gelu;  ///< absent: not stated
  int image_heads = 0;             ///< of the image tower's attention; 0: not stated
  int text_heads = 0;              ///< of the text tower's; 0: not stated
};

/// Whether a config's towers have the heads that are stated.
bool has_heads(const network::ModelConfig& config, const StatedFacts& facts);

/// Gives the towers that listen to open_clip's switch QuickGELU, or GELU.
void set_quick_gelu(network::ModelConfig& config, bool quick);

/// Throws Error(invalid_argument) when the files say something else.
void check_known_facts(const KnownFacts& facts, const ModelFile& model);
void check_stated_facts(const StatedFacts& facts, const ModelFile& model, const std::string& name);

}  // namespace diptych::checkpoint
