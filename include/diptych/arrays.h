#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "diptych/export.h"
#include "diptych/output_file.h"

namespace diptych {

/// A dense row-major array of one of the element types that files of inputs and results hold.
struct Array {
  /// Sizes of the dimensions, outermost first. Their product is the number of values.
  std::vector<std::int64_t> shape;
  std::variant<std::vector<float>, std::vector<std::int32_t>, std::vector<std::uint8_t>> values;
};

using Arrays = std::map<std::string, Array, std::less<>>;

/// Text kept beside the arrays, in the metadata of a .safetensors file.
using Notes = std::map<std::string, std::string, std::less<>>;

/// Returns the arrays of a .safetensors file. float16, bfloat16 and float64 arrive as float32,
/// integers as int32 (uint8 as they are). Throws Error: not_found, io, corrupt_data; unsupported
/// for an integer beyond 32 bits.
DIPTYCH_API Arrays read_arrays(const std::filesystem::path& path);

/// Returns the notes of a .safetensors file. Throws Error: not_found, io, corrupt_data.
DIPTYCH_API Notes read_notes(const std::filesystem::path& path);

/// Throws Error(unsupported) unless the ending of `path` is one that `write_arrays` can write,
/// Error(invalid_argument) when its format does not hold that many arrays, and Error(io) when its
/// folder does not exist or it is a folder itself: for checking before the work starts.
DIPTYCH_API void check_writable(const std::filesystem::path& path, std::size_t arrays = 1);

/// Writes a file whole or not at all; the ending decides the format: .safetensors holds any number
/// of arrays with notes, .npy exactly one array and no notes. Throws Error: unsupported, io,
/// invalid_argument (not exactly one array for .npy, a shape that does not fit its values, or a
/// file there already that is kept).
DIPTYCH_API void write_arrays(const std::filesystem::path& path, const Arrays& arrays,
                              const Notes& notes = {}, Existing existing = Existing::replaced);

}  // namespace diptych
