#pragma once

#include <span>
#include <string>

#include "curate/download/blurred_boxes.h"
#include "diptych/download.h"

namespace diptych::curate {

/// A picture as it goes into a shard, or why it does not.
struct FittedPicture {
  std::string failure;       ///< a few words; empty: `bytes` is a picture
  std::string detail;        ///< more of it, or empty
  bool is_left_out = false;  ///< by a limit of PictureForm, rather than no picture at all
  std::string bytes;
  int width = 0;
  int height = 0;
  int original_width = 0;
  int original_height = 0;
};

/// Decodes, checks, blurs, resizes and encodes what a server sent, whatever it is. Transparent
/// pictures are laid on white. Thread-safe.
FittedPicture fit_picture(std::string body, const PictureForm& form,
                          std::span<const Box> blurred = {});

}  // namespace diptych::curate
