#pragma once

#include <optional>
#include <string>

#include "diptych/image.h"

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

/// Throws Error(invalid_argument) when the files say something else.
void check_known_facts(const KnownFacts& facts, const ModelFile& model);

}  // namespace diptych::checkpoint
