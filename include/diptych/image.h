#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "diptych/export.h"

namespace diptych {

/// What a picture file says that its pixels do not show, and how they were come by.
struct PictureFacts {
  /// EXIF orientation, 1 to 8: how a viewer turns the picture. 1, upright, also where the file says
  /// nothing, or nothing that can be read.
  int orientation = 1;
  /// 16-bit grey with values above 255, which WideGrey::clamp makes white.
  bool wide_grey = false;
  /// The pixels are those of the preview within a camera's RAW file.
  bool preview = false;
  /// The file holds further pictures, frames or pages, of which this is the first.
  bool first_of_several = false;
  /// A JPEG's data are broken in the middle: what stands there was made up, as in other programs.
  bool damaged = false;

  bool operator==(const PictureFacts&) const = default;
};

/// An 8-bit RGB picture. `rgb` holds height x width x 3 bytes, row by row, without padding.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;
  PictureFacts facts;  ///< of the file it was decoded from
};

/// How many pictures of a call had facts that a person may want to be told.
struct DIPTYCH_API PictureCounts {
  std::size_t turned = 0;            ///< orientation other than 1
  std::size_t wide_grey = 0;         ///< 16-bit grey with values above 255
  std::size_t previews = 0;          ///< camera RAW, of which the preview was read
  std::size_t first_of_several = 0;  ///< GIF, PNG, WebP or TIFF with further frames or pages
  std::size_t damaged = 0;           ///< JPEG whose data are broken in the middle

  void add(const PictureFacts& facts);
  void add(const PictureCounts& counts);
  bool operator==(const PictureCounts&) const = default;
};

/// How 16-bit grey becomes 8-bit.
enum class WideGrey {
  clamp,  ///< values above 255 become 255, white, as Pillow's convert has it
  scale,  ///< value / 257, rounded to the nearest, so that 65535 is white
};

struct DecodeOptions {
  /// Largest width x height, in pixels, checked in the header before any pixel is decoded. Default:
  /// 178,956,970, as Pillow's. Zero: no limit.
  std::uint64_t max_pixels = 178'956'970;
  /// Largest file, in bytes. Default: 1 GiB. Zero: no limit.
  std::uint64_t max_bytes = std::uint64_t{1} << 30;
  /// What a transparent picture is laid on, R, G, B. Default: none, transparency is dropped, as
  /// Pillow's convert("RGB") and so the reference systems do.
  std::optional<std::array<std::uint8_t, 3>> background;
  /// Whether a picture is turned as its EXIF orientation says, before all else, as Pillow's
  /// exif_transpose does. Default: no, as the reference systems. HEIC and AVIF files, whose turns
  /// are part of their pixels, are upright either way.
  bool upright = false;
  /// How 16-bit grey becomes 8-bit. Default: as the reference systems have it.
  WideGrey wide = WideGrey::clamp;
};

/// Decodes JPEG, PNG, WebP, GIF (first frame) or BMP, told apart by content, to what Pillow's
/// convert("RGB") gives: alpha is dropped (unless a background is given), EXIF orientation is not
/// applied (unless `upright`), CMYK, palette and 16-bit grey follow Pillow. `name` stands for the
/// file in messages. Throws Error: corrupt_data, unsupported, out_of_memory. Thread-safe.
DIPTYCH_API Image decode_image(std::span<const std::byte> bytes, const std::string& name,
                               const DecodeOptions& options = {});

/// Reads and decodes a file. Throws Error as decode_image, and not_found or io.
DIPTYCH_API Image load_image(const std::filesystem::path& path, const DecodeOptions& options = {});

enum class ResizeMode {
  shortest,  ///< shortest side to `size`, then centre crop
  squash,    ///< both sides to `size`, aspect ratio not kept
  longest,   ///< longest side to `size`, the rest filled with `fill`
  /// The largest size of the picture's own aspect ratio, sides rounded up to whole patches, with no
  /// more patches than a square of side `size` has: the result is a picture of its own size.
  patches,
};
enum class Interpolation { bicubic, bilinear };
/// Where the centre crop of an odd excess starts, (side - size) / 2.
enum class CropStart {
  half_even,  ///< rounded, a tie to the even neighbour: torchvision, and so OpenAI's and
              ///< open_clip's
  down,       ///< rounded down: transformers
};
/// When a picture of another kind (palette, black and white, alpha, CMYK, 16-bit grey) becomes RGB.
enum class RgbConversion {
  last,   ///< after the resize, which works in the file's own format: OpenAI's and open_clip's
  first,  ///< before it: transformers
};

/// How a model wants its pictures. Defaults are OpenAI CLIP's.
struct Preprocessing {
  /// Side of the square the image tower sees, in pixels; in mode `patches` the side of a square
  /// with as many patches as any picture may have.
  int size = 224;
  ResizeMode mode = ResizeMode::shortest;
  Interpolation interpolation = Interpolation::bicubic;
  /// Per channel R, G, B, for values in [0, 1]: the tower sees (value - mean) / std.
  std::array<float, 3> mean = {0.48145466F, 0.4578275F, 0.40821073F};
  std::array<float, 3> std = {0.26862954F, 0.26130258F, 0.27577711F};
  /// Side of a patch in mode `patches`, in pixels; otherwise not used.
  int patch_size = 16;
  /// Grey level, 0 to 255, around a picture in mode `longest`.
  int fill = 0;
  /// What transparent pictures are laid on; see DecodeOptions::background.
  std::optional<std::array<std::uint8_t, 3>> background;
  CropStart crop_start = CropStart::half_even;
  RgbConversion conversion = RgbConversion::last;

  bool operator==(const Preprocessing&) const = default;
};

/// Resizes and crops to `size` x `size` (or as ResizeMode::patches says) with Pillow's filters, bit
/// for bit. Thread-safe.
/// Throws Error(invalid_argument) for an empty image or a size outside 1 to 16384.
DIPTYCH_API Image resize_and_crop(const Image& image, const Preprocessing& preprocessing);

/// Decodes, resizes and crops in one step, byte for byte as the model's reference program does.
/// With RgbConversion::last pictures are resized in the file's own pixel format (a palette by the
/// nearest index, colours weighed by alpha, 16-bit grey, CMYK inks). For opaque RGB and grey files
/// equal to resize_and_crop(decode_image(...)); for the others use this one to match the
/// references. `preprocessing.background` counts where `options` has none. Throws as both.
/// Thread-safe.
DIPTYCH_API Image preprocess_image(std::span<const std::byte> bytes, const std::string& name,
                                   const Preprocessing& preprocessing,
                                   const DecodeOptions& options = {});
/// Does the same for a file; throws also not_found and io.
DIPTYCH_API Image load_preprocessed(const std::filesystem::path& path,
                                    const Preprocessing& preprocessing,
                                    const DecodeOptions& options = {});

/// Writes (value / 255 - mean) / std of a preprocessed image to `out`, as [3, height, width]. `out`
/// holds as many floats. Throws Error(invalid_argument) for an image of another size than
/// preprocessing makes. Thread-safe.
DIPTYCH_API void normalise(const Image& image, const Preprocessing& preprocessing,
                           std::span<float> out);

}  // namespace diptych
