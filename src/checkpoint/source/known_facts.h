#pragma once

#include <optional>
#include <string>

#include "diptych/image.h"

namespace diptych::checkpoint {

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

}  // namespace diptych::checkpoint
