#pragma once

#include <optional>
#include <span>

#include "image/decoder.h"

namespace diptych::image {

/// What of a camera's RAW file can be seen without developing it.
struct CameraRaw {
  std::span<const std::byte> preview;  ///< the largest JPEG in it; empty for none
  int orientation = 0;                 ///< that the file states for its pictures; 0 for none
};

/// Tells a RAW file that is built as TIFF (CR2, NEF, ARW, DNG, PEF) or is Fujifilm's RAF from other
/// files, which give nothing. Every position in the file is checked.
std::optional<CameraRaw> read_camera_raw(const EncodedPicture& source);

}  // namespace diptych::image
