#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "image/decoder.h"

namespace diptych::image {

/// What a JPEG file has before its first scan: a marker and what belongs to it.
struct JpegSegment {
  int marker = 0;  ///< the byte after 0xFF
  std::span<const std::uint8_t> data;
};

constexpr int kApp1 = 0xE1;

/// Returns the segments up to the first scan, by Pillow's rules: bytes between segments that are no
/// marker are passed over, and Error(corrupt_data) is thrown for a reserved marker, a segment that
/// ends after the file, a frame of other than 8 bits or 1, 3 or 4 components, and a cut
/// quantisation table, of which libjpeg reads some.
std::vector<JpegSegment> read_jpeg_segments(const EncodedPicture& source);

}  // namespace diptych::image
