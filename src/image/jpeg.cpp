#include <csetjmp>
#include <cstdio>

// jerror.h needs jpeglib.h, and that needs <cstdio>.
// clang-format off
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include "image/decoder.h"
#include "image/jpeg_segments.h"

namespace diptych::image {
namespace {

/// A progressive file may repeat scans over the whole picture without end; real ones have about
/// ten.
constexpr int kMaxScans = 1000;

/// Whether a warning is of data after which pixels are made up, not of bytes that are merely too
/// many.
bool tells_of_damage(int message) {
  return message == JWRN_HIT_MARKER || message == JWRN_HUFF_BAD_CODE ||
         message == JWRN_MUST_RESYNC || message == JWRN_ARITH_BAD_CODE;
}

/// libjpeg with its errors turned into a return value. libjpeg leaves by longjmp, so every call
/// goes through `guarded`, whose body must hold nothing with a destructor.
class JpegReader {
 public:
  explicit JpegReader(const EncodedPicture& source) : source_(source) {
    info_.err = jpeg_std_error(&error_manager_);
    info_.client_data = this;
    error_manager_.error_exit = leave;
    error_manager_.emit_message = [](j_common_ptr picture, int) {
      self(picture).damaged_ = self(picture).damaged_ || tells_of_damage(picture->err->msg_code);
    };
    guarded([this] { jpeg_create_decompress(&info_); });
    set_source();
    progress_.progress_monitor = limit_scans;
    info_.progress = &progress_;
  }
  ~JpegReader() { jpeg_destroy_decompress(&info_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  jpeg_decompress_struct& info() { return info_; }
  bool damaged() const { return damaged_; }

  /// Runs body; throws Error when libjpeg refuses.
  template <typename Body>
  void guarded(Body body) {
    if (!run(body)) fail_with_message();
  }

  /// Reads on to the end of the picture, as Pillow does, so that a broken marker after the pixels
  /// is found. A file without an end is taken: all its pixels are there.
  void finish() {
    const auto body = [this] { jpeg_finish_decompress(&info_); };
    if (!run(body) && !truncated_) fail_with_message();
  }

 private:
  template <typename Body>
  bool run(const Body& body) {
    if (setjmp(jump_) != 0) return false;
    body();
    return true;
  }

  [[noreturn]] void fail_with_message() {
    if (truncated_)
      source_.fail_corrupt(
          fmt::format("JPEG: got an end after {} bytes, expected more", source_.size()));
    if (endless_) source_.fail_corrupt(fmt::format("JPEG: got more than {} scans", kMaxScans));
    char message[JMSG_LENGTH_MAX];
    error_manager_.format_message(reinterpret_cast<j_common_ptr>(&info_), message);
    const std::string text = fmt::format("JPEG: {}", message);
    switch (error_manager_.msg_code) {
      case JERR_OUT_OF_MEMORY:
        fail(ErrorCode::out_of_memory, "{} ({})", text, source_.name);
      case JERR_SOF_UNSUPPORTED:
      case JERR_BAD_PRECISION:
      case JERR_ARITH_NOTIMPL:
      case JERR_CONVERSION_NOTIMPL:
      case JERR_CCIR601_NOTIMPL:
      case JERR_FRACT_SAMPLE_NOTIMPL:
      case JERR_IMAGE_TOO_BIG:
      case JERR_NOT_COMPILED:
        source_.fail_unsupported(text);
      default:
        source_.fail_corrupt(text);
    }
  }

  static JpegReader& self(j_common_ptr info) {
    return *static_cast<JpegReader*>(info->client_data);
  }

  [[noreturn]] static void leave(j_common_ptr info) { std::longjmp(self(info).jump_, 1); }

  [[noreturn]] static void leave_truncated(j_common_ptr info) {
    self(info).truncated_ = true;
    leave(info);
  }

  static void limit_scans(j_common_ptr info) {
    if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMaxScans) {
      self(info).endless_ = true;
      leave(info);
    }
  }

  void set_source() {
    source_manager_.init_source = [](j_decompress_ptr) {};
    source_manager_.term_source = [](j_decompress_ptr) {};
    source_manager_.resync_to_restart = jpeg_resync_to_restart;
    source_manager_.fill_input_buffer = [](j_decompress_ptr info) -> boolean {
      leave_truncated(reinterpret_cast<j_common_ptr>(info));
    };
    source_manager_.skip_input_data = [](j_decompress_ptr info, long count) {
      if (count <= 0) return;
      if (static_cast<std::size_t>(count) > info->src->bytes_in_buffer)
        leave_truncated(reinterpret_cast<j_common_ptr>(info));
      info->src->next_input_byte += count;
      info->src->bytes_in_buffer -= static_cast<std::size_t>(count);
    };
    source_manager_.next_input_byte = source_.data();
    source_manager_.bytes_in_buffer = source_.size();
    info_.src = &source_manager_;
  }

  const EncodedPicture& source_;
  jpeg_decompress_struct info_{};
  jpeg_error_mgr error_manager_{};
  jpeg_source_mgr source_manager_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf jump_{};
  bool truncated_ = false;
  bool endless_ = false;
  bool damaged_ = false;
};

void read_rows(JpegReader& reader, Picture& picture) {
  jpeg_decompress_struct& info = reader.info();
  const std::size_t stride = static_cast<std::size_t>(picture.width) *
                             static_cast<std::size_t>(bytes_per_pixel(picture.format));
  std::uint8_t* const pixels = picture.pixels.data();
  reader.guarded([&] {
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = pixels + info.output_scanline * stride;
      jpeg_read_scanlines(&info, &row, 1);
    }
  });
  reader.finish();
}

}  // namespace

Picture decode_jpeg(const EncodedPicture& source) {
  read_jpeg_segments(source);  // refuses what Pillow refuses before it asks libjpeg
  JpegReader reader(source);
  jpeg_decompress_struct& info = reader.info();
  reader.guarded([&] { jpeg_read_header(&info, TRUE); });
  const bool cmyk = info.num_components == 4;
  info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  Picture picture = make_picture(source, cmyk ? PixelFormat::cmyk : PixelFormat::rgb,
                                 info.image_width, info.image_height);
  read_rows(reader, picture);
  picture.facts.damaged = reader.damaged();
  // Adobe's files store the inverse of each ink; like Pillow, all four-channel files are taken to.
  if (cmyk)
    for (std::uint8_t& ink : picture.pixels) ink = static_cast<std::uint8_t>(255 - ink);
  return picture;
}

}  // namespace diptych::image
