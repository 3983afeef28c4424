#include <webp/decode.h>
#include <webp/demux.h>

#include <cstring>
#include <memory>

#include "image/decoder.h"

namespace diptych::image {
namespace {

[[noreturn]] void fail_status(const EncodedPicture& source, VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      fail(ErrorCode::out_of_memory, "WebP: no memory to decode it ({})", source.name);
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      source.fail_unsupported("WebP: got a feature that libwebp does not know");
    case VP8_STATUS_NOT_ENOUGH_DATA:
      source.fail_corrupt(
          fmt::format("WebP: got an end after {} bytes, expected more", source.size()));
    default:
      source.fail_corrupt("WebP: got a broken bitstream");
  }
}

/// The RIFF header says how long the file is; a shorter one is cut off.
void check_length(const EncodedPicture& source) {
  if (source.size() < 12) fail_status(source, VP8_STATUS_NOT_ENOUGH_DATA);
  const std::uint8_t* const p = source.data() + 4;
  const std::uint64_t stated =
      8 + (p[0] | p[1] << 8 | p[2] << 16 | static_cast<std::uint64_t>(p[3]) << 24);
  if (stated > source.size())
    source.fail_corrupt(
        fmt::format("WebP: got {} bytes, expected {} more", source.size(), stated - source.size()));
}

/// The first frame on a transparent canvas, as libwebp's animation decoder lays it.
void decode_first_frame(const EncodedPicture& source, Picture& picture) {
  const WebPData data{source.data(), source.size()};
  WebPAnimDecoderOptions options;
  WebPAnimDecoderOptionsInit(&options);
  options.color_mode = MODE_RGBA;
  const std::unique_ptr<WebPAnimDecoder, void (*)(WebPAnimDecoder*)> decoder(
      WebPAnimDecoderNew(&data, &options), WebPAnimDecoderDelete);
  WebPAnimInfo info;
  std::uint8_t* rgba = nullptr;
  int timestamp = 0;
  if (decoder == nullptr || WebPAnimDecoderGetInfo(decoder.get(), &info) == 0 ||
      info.canvas_width != static_cast<std::uint32_t>(picture.width) ||
      info.canvas_height != static_cast<std::uint32_t>(picture.height) ||
      WebPAnimDecoderGetNext(decoder.get(), &rgba, &timestamp) == 0)
    source.fail_corrupt("WebP: got a broken animation");
  const auto step = static_cast<std::size_t>(bytes_per_pixel(picture.format));
  for (std::size_t at = 0; at < picture.pixels.size(); at += step, rgba += 4)
    std::memcpy(&picture.pixels[at], rgba, step);
}

using Demuxer = std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)>;

/// The bitstream of the one frame. Pillow asks the demuxer for it, which refuses broken chunks that
/// the decoder would pass over.
WebPData find_frame(const EncodedPicture& source, WebPDemuxer* demuxer) {
  WebPIterator frame;
  if (demuxer == nullptr || WebPDemuxGetFrame(demuxer, 1, &frame) == 0)
    source.fail_corrupt("WebP: got broken chunks");
  const WebPData bitstream = frame.fragment;
  WebPDemuxReleaseIterator(&frame);
  return bitstream;
}

void decode_still(const EncodedPicture& source, Picture& picture) {
  const WebPData data{source.data(), source.size()};
  const Demuxer demuxer(WebPDemux(&data), WebPDemuxDelete);
  const WebPData frame = find_frame(source, demuxer.get());
  WebPDecoderConfig config;
  WebPInitDecoderConfig(&config);
  config.output.colorspace = picture.format == PixelFormat::rgba ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {picture.pixels.data(), picture.width * bytes_per_pixel(picture.format),
                          picture.pixels.size()};
  const VP8StatusCode status = WebPDecode(frame.bytes, frame.size, &config);
  if (status != VP8_STATUS_OK) fail_status(source, status);
}

}  // namespace

Picture decode_webp(const EncodedPicture& source) {
  check_length(source);
  WebPBitstreamFeatures features;
  const VP8StatusCode status = WebPGetFeatures(source.data(), source.size(), &features);
  if (status != VP8_STATUS_OK) fail_status(source, status);
  Picture picture = make_picture(
      source, features.has_alpha != 0 ? PixelFormat::rgba : PixelFormat::rgb,
      static_cast<std::uint64_t>(features.width), static_cast<std::uint64_t>(features.height));
  if (features.has_animation != 0)
    decode_first_frame(source, picture);
  else
    decode_still(source, picture);
  return picture;
}

}  // namespace diptych::image
