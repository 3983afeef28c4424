#pragma once

#include "diptych/train_options.h"

namespace diptych::options {

/// How a tower is trained.
struct TowerMode {
  enum class Kind {
    full,
    frozen,  ///< left as it is, but for its last groups of layers
    lora,    ///< left as it is, but for matrices of low rank beside those of its blocks
  };
  Kind kind = Kind::full;
  int unlocked = 0;  ///< frozen: groups that are trained
  int rank = 0;      ///< lora: of each matrix
};

/// Each returns what `image_mode` or `text_mode` says, or `lock_image` or `lock_text`. Throws
/// Error(invalid_argument) for other words, and for those of them that contradict each other.
TowerMode image_mode(const TrainOptions& options);
TowerMode text_mode(const TrainOptions& options);

}  // namespace diptych::options
