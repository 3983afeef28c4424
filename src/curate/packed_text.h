#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace diptych::curate {

/// Takes text, piece after piece.
using TextSink = std::function<void(std::string_view)>;

/// Reads a file, or what a pipe's command writes, from its beginning to its end, as it is or packed
/// with gzip, zstd, bzip2 or xz (by content), with memory that does not grow with it. `done`:
/// called with the bytes of the file taken so far, and all of them. Throws Error: as open_input,
/// corrupt_data for what is damaged or cut, and what the sink throws.
void read_packed_text(const std::filesystem::path& path, const TextSink& sink,
                      const std::function<void(std::size_t done, std::size_t size)>& done = {});

}  // namespace diptych::curate
