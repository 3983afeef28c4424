#include "formats/tiff_layout.h"

#include <algorithm>

namespace diptych::formats {
namespace {

using image::EncodedPicture;

/// The tags that decide.
struct Tags {
  std::uint16_t photometric = PHOTOMETRIC_MINISWHITE;
  std::uint16_t compression = COMPRESSION_NONE;
  std::uint16_t format = SAMPLEFORMAT_UINT;
  std::uint16_t bits = 1;
  std::uint16_t samples = 1;
  std::uint16_t planes = PLANARCONFIG_CONTIG;
  std::vector<std::uint16_t> extra;
};

Tags read_tags(TIFF* tiff) {
  Tags tags;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &tags.compression);
  if (TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &tags.photometric) == 0)
    tags.photometric = PHOTOMETRIC_MINISWHITE;
  if (tags.compression == COMPRESSION_OJPEG) tags.photometric = PHOTOMETRIC_YCBCR;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &tags.format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &tags.bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &tags.samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &tags.planes);
  std::uint16_t count = 0;
  std::uint16_t* extra = nullptr;
  if (TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &count, &extra) != 0)
    tags.extra.assign(extra, extra + count);
  return tags;
}

[[noreturn]] void refuse(const EncodedPicture& source, const Tags& tags) {
  const char* format = tags.format == SAMPLEFORMAT_IEEEFP ? "floating-point "
                       : tags.format == SAMPLEFORMAT_INT  ? "signed "
                                                          : "";
  source.fail_unsupported(
      fmt::format("TIFF: got {} {}samples of {} bits with photometric interpretation {}, expected "
                  "grey, RGB, a palette, CMYK or YCbCr of 8 or 16 bits",
                  tags.samples, format, tags.bits, tags.photometric));
}

/// Whether all samples beyond the colours are of no stated meaning.
bool only_unspecified(const std::vector<std::uint16_t>& extra, std::size_t from) {
  return std::all_of(extra.begin() + static_cast<std::ptrdiff_t>(std::min(from, extra.size())),
                     extra.end(), [](std::uint16_t kind) { return kind == 0; });
}

constexpr std::uint16_t kCorelAlpha = 999;
constexpr std::size_t kMostExtra = 3;

TiffKind grey_kind(const EncodedPicture& source, const Tags& tags) {
  if (tags.samples == 2 && tags.bits == 8 && tags.photometric == PHOTOMETRIC_MINISBLACK) {
    if (tags.extra == std::vector<std::uint16_t>{0}) return TiffKind::grey;
    if (tags.extra == std::vector<std::uint16_t>{EXTRASAMPLE_UNASSALPHA})
      return TiffKind::grey_alpha;
  }
  if (tags.samples != 1 || !tags.extra.empty()) refuse(source, tags);
  if (tags.bits == 1) return TiffKind::bilevel;
  if (tags.bits == 16) return TiffKind::grey16;
  if (tags.bits != 2 && tags.bits != 4 && tags.bits != 8) refuse(source, tags);
  return TiffKind::grey;
}

TiffKind palette_kind(const EncodedPicture& source, const Tags& tags) {
  const bool whole = tags.bits == 1 || tags.bits == 2 || tags.bits == 4 || tags.bits == 8;
  const bool extra = tags.samples == 2 && tags.bits == 8 && tags.extra.size() == 1;
  if (!whole || (tags.samples != 1 && !extra)) refuse(source, tags);
  return TiffKind::palette;
}

TiffKind rgb_kind(const EncodedPicture& source, const Tags& tags) {
  if (tags.bits != 8 && tags.bits != 16) refuse(source, tags);
  const std::size_t extra = tags.extra.size();
  const std::size_t most = tags.bits == 8 ? kMostExtra : 1;
  if (tags.samples == 4 && extra == 0) return TiffKind::rgba;
  if (tags.samples != 3 + extra || extra > most) refuse(source, tags);
  if (only_unspecified(tags.extra, 0)) return TiffKind::rgb;
  if (!only_unspecified(tags.extra, 1)) refuse(source, tags);
  const std::uint16_t alpha = tags.extra[0];
  if (alpha != EXTRASAMPLE_ASSOCALPHA && alpha != EXTRASAMPLE_UNASSALPHA && alpha != kCorelAlpha)
    refuse(source, tags);
  return TiffKind::rgba;
}

TiffKind cmyk_kind(const EncodedPicture& source, const Tags& tags) {
  const std::size_t extra = tags.extra.size();
  const std::size_t most = tags.bits == 8 ? 2 : 0;
  if ((tags.bits != 8 && tags.bits != 16) || tags.samples != 4 + extra || extra > most ||
      !only_unspecified(tags.extra, 0))
    refuse(source, tags);
  return TiffKind::cmyk;
}

TiffKind ycbcr_kind(const EncodedPicture& source, const Tags& tags, TIFF* tiff) {
  if (tags.bits != 8 || !tags.extra.empty()) refuse(source, tags);
  if (tags.samples == 1) return TiffKind::grey;
  if (tags.samples != 3) refuse(source, tags);
  if (tags.compression != COMPRESSION_JPEG || tags.planes != PLANARCONFIG_CONTIG)
    return TiffKind::by_libtiff;
  TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  return TiffKind::rgb;
}

TiffKind kind_of(const EncodedPicture& source, const Tags& tags, TIFF* tiff) {
  if (tags.format != SAMPLEFORMAT_UINT) refuse(source, tags);
  switch (tags.photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
      return grey_kind(source, tags);
    case PHOTOMETRIC_RGB:
      return rgb_kind(source, tags);
    case PHOTOMETRIC_PALETTE:
      return palette_kind(source, tags);
    case PHOTOMETRIC_SEPARATED:
      return cmyk_kind(source, tags);
    case PHOTOMETRIC_YCBCR:
      return ycbcr_kind(source, tags, tiff);
    default:
      refuse(source, tags);
  }
}

int channels_of(TiffKind kind) {
  switch (kind) {
    case TiffKind::grey_alpha:
      return 2;
    case TiffKind::rgb:
    case TiffKind::by_libtiff:
      return 3;
    case TiffKind::rgba:
    case TiffKind::cmyk:
      return 4;
    default:
      return 1;
  }
}

}  // namespace

TiffLayout read_tiff_layout(const EncodedPicture& source, TIFF* tiff) {
  TiffLayout layout;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &layout.width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &layout.height);
  image::check_size(source, layout.width, layout.height);
  Tags tags = read_tags(tiff);
  if (tags.planes == PLANARCONFIG_SEPARATE && only_unspecified(tags.extra, 0)) {
    tags.samples = static_cast<std::uint16_t>(
        tags.samples - std::min<std::size_t>(tags.samples, tags.extra.size()));
    tags.extra.clear();
  }
  layout.kind = kind_of(source, tags, tiff);
  layout.bits = tags.bits;
  layout.samples = tags.samples;
  layout.channels = channels_of(layout.kind);
  layout.separate = tags.planes == PLANARCONFIG_SEPARATE && tags.samples > 1;
  // Pillow inverts all but 16 bits.
  layout.inverted = tags.photometric == PHOTOMETRIC_MINISWHITE && tags.bits <= 8;
  layout.premultiplied = layout.kind == TiffKind::rgba && !tags.extra.empty() &&
                         tags.extra[0] == EXTRASAMPLE_ASSOCALPHA;
  return layout;
}

}  // namespace diptych::formats
