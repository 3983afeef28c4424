#pragma once

#include <cstddef>
#include <string_view>

#include "image/decoder.h"

namespace diptych::image {

/// Returns whether the file has these bytes at `offset`.
bool starts_at(const EncodedPicture& source, std::size_t offset, std::string_view signature);

/// Checks an ISO base media file, whose brand at byte 8 says what is in it: throws
/// Error(unsupported) for films and for pictures that are neither HEIC nor AVIF.
void check_media_file(const EncodedPicture& source);

/// Throws Error(unsupported) that says what a file is which is no picture that diptych reads, where
/// its start tells.
[[noreturn]] void refuse_content(const EncodedPicture& source);

}  // namespace diptych::image
