// One crafted bad file for each check of the decoders. What good files decode to is tested against
// Pillow in fixtures_test and odd_images_test.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <functional>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "diptych/error.h"
#include "diptych/image.h"
#include "support/support.h"

namespace diptych {
namespace {

using Bytes = std::string;

Bytes fixture(const std::string& name) {
  return read_text_file(test::data_path(name));
}

Image decode(const Bytes& bytes, const DecodeOptions& options = {}) {
  return decode_image(std::as_bytes(std::span(bytes.data(), bytes.size())), "bad.file", options);
}

void expect_refused(const Bytes& bytes, ErrorCode code, const std::string& what,
                    const DecodeOptions& options = {}) {
  SCOPED_TRACE(what);
  try {
    decode(bytes, options);
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(name(error.code()), name(code)) << error.what();
    EXPECT_THAT(error.what(), testing::HasSubstr(what));
    EXPECT_THAT(error.what(), testing::HasSubstr("(bad.file)"));
  }
}

Bytes with(Bytes bytes, std::size_t at, const Bytes& patch) {
  return bytes.replace(at, patch.size(), patch);
}

Bytes little(std::uint32_t value, int bytes) {
  Bytes result;
  for (int i = 0; i < bytes; ++i) result.push_back(static_cast<char>(value >> (8 * i)));
  return result;
}

Bytes big(std::uint32_t value) {
  const Bytes bytes = little(value, 4);
  return {bytes.rbegin(), bytes.rend()};
}

using namespace std::string_literals;

TEST(DecodeImage, RefusesWhatIsNoPicture) {
  expect_refused("", ErrorCode::corrupt_data, "empty file");
  expect_refused("hello", ErrorCode::unsupported, "expected JPEG, PNG, WebP, GIF, BMP, TIFF");
  expect_refused("RIFF\4\0\0\0WAVE"s, ErrorCode::unsupported, "unknown content");
}

TEST(DecodeImage, SaysWhatAFileIsInstead) {
  expect_refused("%PDF-1.7 ...", ErrorCode::unsupported, "got a PDF document");
  expect_refused("<!DOCTYPE html>", ErrorCode::unsupported, "got a web page");
  expect_refused("version https://git-lfs.github.com/spec/v1", ErrorCode::unsupported,
                 "got a Git LFS pointer");
  expect_refused(
      "\0\0\0\x18"
      "ftypmp42...."s,
      ErrorCode::unsupported, "got a film");
  expect_refused(
      "\0\0\0\x18"
      "ftypcrx ...."s,
      ErrorCode::unsupported, "Canon's CR3");
}

TEST(DecodeImage, KeepsTheLimits) {
  const Bytes png = fixture("images/rgb.png");  // 400 x 250
  EXPECT_EQ(decode(png, {.max_pixels = 100'000}).width, 400);
  EXPECT_EQ(decode(png, {.max_pixels = 0, .max_bytes = 0}).width, 400);
  expect_refused(png, ErrorCode::out_of_memory, "got 400 x 250, expected at most 99999 pixels",
                 {.max_pixels = 99'999});
  expect_refused(png, ErrorCode::out_of_memory, "expected at most 1000", {.max_bytes = 1000});
}

TEST(LoadImage, RefusesMissingFiles) {
  try {
    load_image(test::data_path("images/none.png"));
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
  }
}

TEST(DecodeImage, RefusesEveryTruncation) {
  for (const char* name :
       {"restarts.jpg", "progressive.jpg", "cmyk.jpg", "rgba_8.png", "palette_8.png", "alpha.webp",
        "animated.webp", "interlaced.gif", "8.bmp", "24.bmp", "rle8.bmp"}) {
    const Bytes whole = fixture("odd_images/"s + name);
    for (std::size_t size = 3; size + 20 < whole.size(); size += 1 + whole.size() / 97) {
      SCOPED_TRACE(std::string(name) + " cut to " + std::to_string(size));
      const Bytes cut = whole.substr(0, size);
      EXPECT_THROW(decode(cut), Error);
      EXPECT_THROW(decode(cut, {.background = {{1, 2, 3}}}), Error);
    }
  }
  expect_refused(fixture("odd_images/24.bmp").substr(0, 600), ErrorCode::corrupt_data,
                 "BMP: got 600 bytes, expected at least 111 more");
  expect_refused(fixture("odd_images/alpha.webp").substr(0, 100), ErrorCode::corrupt_data,
                 "WebP: got 100 bytes, expected ");
  expect_refused(fixture("odd_images/cmyk.jpg").substr(0, 700), ErrorCode::corrupt_data,
                 "JPEG: got an end after 700 bytes");
}

// JPEG. A frame header is FF C0, length (2), depth, height (2), width (2), components.

std::size_t frame_header(const Bytes& jpeg) {
  return jpeg.find("\xFF\xC0"s);
}

TEST(DecodeJpeg, RefusesBadFrameHeaders) {
  const Bytes jpeg = fixture("odd_images/restarts.jpg");
  const std::size_t at = frame_header(jpeg);
  ASSERT_NE(at, Bytes::npos);
  expect_refused(with(jpeg, at + 5, "\0\0"s), ErrorCode::corrupt_data, "JPEG");
  expect_refused(with(jpeg, at + 7, "\0\0"s), ErrorCode::corrupt_data, "JPEG");
  expect_refused(with(jpeg, at + 5, "\xFF\xFF\xFF\xFF"s), ErrorCode::unsupported, "JPEG");
  expect_refused(with(jpeg, at + 5, "\xFF\x00\xFF\x00"s), ErrorCode::out_of_memory,
                 "got 65280 x 65280", {.max_pixels = 1 << 20});
  expect_refused(with(jpeg, at + 4, "\x0C"s), ErrorCode::unsupported, "12 bits");
  expect_refused(with(jpeg, at + 1, "\xC3"s), ErrorCode::unsupported, "SOF");
}

TEST(DecodeJpeg, RefusesMarkersThatPillowRefuses) {
  const Bytes jpeg = fixture("odd_images/subsampling_0.jpg");
  expect_refused(Bytes(jpeg).insert(2, "\xFF\x02\0\4.."s), ErrorCode::corrupt_data,
                 "reserved marker FF 02");
  // Within the pixels, where libjpeg makes the rest grey and finds out at the end.
  expect_refused(with(jpeg, jpeg.size() - 40, "\xFF\x14"s), ErrorCode::corrupt_data, "marker");
  // A segment that says it is longer than the file.
  expect_refused(with(jpeg, 4, "\xFF\xFF"s), ErrorCode::corrupt_data, "more");
  // Bytes between segments are passed over.
  EXPECT_EQ(decode(Bytes(jpeg).insert(20, "junk")).rgb, decode(jpeg).rgb);
}

TEST(DecodeJpeg, RefusesOddNumbersOfComponents) {
  // A frame of two components and nothing more; libjpeg needs a scan header to believe it.
  const Bytes jpeg =
      "\xFF\xD8\xFF\xC0\x00\x0E\x08\x00\x08\x00\x08\x02\x01\x11\x00\x02\x11\x00"
      "\xFF\xDA\x00\x0A\x02\x01\x00\x02\x00\x00\x3F\x00"s;
  expect_refused(jpeg, ErrorCode::unsupported, "got 2 components");
}

TEST(DecodeJpeg, RefusesScansWithoutTables) {
  Bytes jpeg = fixture("odd_images/restarts.jpg");
  const std::size_t tables = jpeg.find("\xFF\xC4"s);
  ASSERT_NE(tables, Bytes::npos);
  expect_refused(with(jpeg, tables + 5, "\xFF\xFF\xFF\xFF"s), ErrorCode::corrupt_data, "JPEG");
}

/// The file without its segments of this marker.
Bytes without_segments(const Bytes& jpeg, char marker) {
  Bytes result = jpeg.substr(0, 2);
  std::size_t at = 2;
  while (jpeg.at(at + 1) != '\xDA') {
    const auto high = static_cast<unsigned char>(jpeg.at(at + 2));
    const auto low = static_cast<unsigned char>(jpeg.at(at + 3));
    const std::size_t length = 2U + high * 256U + low;
    if (jpeg[at + 1] != marker) result += jpeg.substr(at, length);
    at += length;
  }
  return result + jpeg.substr(at);
}

/// Frames of motion JPEG leave the standard tables out; libjpeg-turbo, and so Pillow, has them.
TEST(DecodeJpeg, TakesTheStandardHuffmanTablesWhereThereAreNone) {
  const Bytes whole = fixture("images/landscape.jpg");
  const Bytes frame = without_segments(whole, '\xC4');
  ASSERT_LT(frame.size(), whole.size());
  EXPECT_EQ(decode(frame).rgb, decode(whole).rgb);
}

TEST(DecodeJpeg, RefusesEndlessScans) {
  const Bytes jpeg = fixture("odd_images/progressive.jpg");
  const std::size_t scan = jpeg.find("\xFF\xDA"s);
  const std::size_t next = jpeg.find("\xFF\xC4"s, scan);
  ASSERT_NE(next, Bytes::npos);
  Bytes endless = jpeg.substr(0, next);
  // The first scan again and again: each is legal (with a warning), together they never end.
  for (int i = 0; i < 1100; ++i) endless += jpeg.substr(scan, next - scan);
  expect_refused(endless + jpeg.substr(next), ErrorCode::corrupt_data, "JPEG: got more than");
}

// PNG, built from chunks.

Bytes chunk(const Bytes& type, const Bytes& data) {
  const Bytes body = type + data;
  const auto check =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<unsigned>(body.size()));
  return big(static_cast<std::uint32_t>(data.size())) + body +
         big(static_cast<std::uint32_t>(check));
}

Bytes compressed(const Bytes& data) {
  uLongf size = compressBound(static_cast<uLong>(data.size()));
  Bytes result(size, '\0');
  compress(reinterpret_cast<Bytef*>(result.data()), &size,
           reinterpret_cast<const Bytef*>(data.data()), static_cast<uLong>(data.size()));
  result.resize(size);
  return result;
}

Bytes header(std::uint32_t width, std::uint32_t height, char depth, char type) {
  return "\x89PNG\r\n\x1A\n"s +
         chunk("IHDR", big(width) + big(height) + Bytes{depth, type, 0, 0, 0});
}

const Bytes kEnd = chunk("IEND", "");

TEST(DecodePng, RefusesBadHeaders) {
  const Bytes data = chunk("IDAT", compressed("\0\1\2\3"s)) + kEnd;
  EXPECT_EQ(decode(header(1, 1, 8, 2) + data).rgb, (std::vector<std::uint8_t>{1, 2, 3}));
  expect_refused(header(0, 1, 8, 2) + data, ErrorCode::corrupt_data, "PNG");
  expect_refused(header(1, 0, 8, 2) + data, ErrorCode::corrupt_data, "PNG");
  expect_refused(header(1, 1, 3, 2) + data, ErrorCode::corrupt_data, "PNG");
  expect_refused(header(1, 1, 8, 5) + data, ErrorCode::corrupt_data, "PNG");
  expect_refused(header(900'000, 900'000, 8, 2) + data, ErrorCode::out_of_memory,
                 "got 900000 x 900000");
  expect_refused(header(0x7FFFFFFF, 1, 8, 2) + data, ErrorCode::corrupt_data, "PNG");
  expect_refused(with(header(1, 1, 8, 2), 20, "\1") + data, ErrorCode::corrupt_data, "CRC");
  // Also of what a picture could do without, as Pillow has it.
  expect_refused(header(1, 1, 8, 2) + with(chunk("gAMA", "\0\0\xB1\x8F"s), 8, "\1") + data,
                 ErrorCode::corrupt_data, "CRC");
}

TEST(DecodePng, RefusesBadData) {
  const Bytes start = header(1, 1, 8, 2);
  expect_refused(start + kEnd, ErrorCode::corrupt_data, "PNG");
  expect_refused(start + chunk("IDAT", "not zlib") + kEnd, ErrorCode::corrupt_data, "PNG");
  expect_refused(start + chunk("IDAT", compressed("\0\1"s)) + kEnd, ErrorCode::corrupt_data, "PNG");
  expect_refused(start + chunk("IDAT", compressed("\7\1\2\3"s)) + kEnd, ErrorCode::corrupt_data,
                 "PNG");
  const Bytes good = start + chunk("IDAT", compressed("\0\1\2\3"s)) + kEnd;
  expect_refused(with(good, start.size() + 12, "\xFF"), ErrorCode::corrupt_data, "PNG");
}

TEST(DecodePng, RefusesBadPalettes) {
  const Bytes start = header(1, 1, 8, 3);
  const Bytes data = chunk("IDAT", compressed("\0\5"s)) + kEnd;
  expect_refused(start + data, ErrorCode::corrupt_data, "PLTE");
  expect_refused(start + chunk("PLTE", "ab") + data, ErrorCode::corrupt_data, "PNG");
  expect_refused(start + chunk("PLTE", Bytes(3 * 257, 'x')) + data, ErrorCode::corrupt_data, "PNG");
  // An index past the palette is black, as Pillow has it.
  EXPECT_EQ(decode(start + chunk("PLTE", "abc") + data).rgb, (std::vector<std::uint8_t>{0, 0, 0}));
}

// GIF.

Bytes gif(const Bytes& blocks) {
  return "GIF89a\4\0\4\0\x80\0\0\1\2\3\4\5\6"s + blocks;
}

Bytes frame(const Bytes& data, const Bytes& extent = "\0\0\0\0\4\0\4\0"s) {
  return "," + extent + "\0"s + data;
}

TEST(DecodeGif, RefusesBadFrames) {
  expect_refused(gif(";"), ErrorCode::corrupt_data, "no frame");
  expect_refused(gif("!\xFE\3abc\0;"s), ErrorCode::corrupt_data, "no frame");
  expect_refused(gif(frame("\2\1\x44\0;"s, "\0\0\0\0\0\0\4\0"s)), ErrorCode::corrupt_data,
                 "got 0 x 4");
  expect_refused(gif(frame("\0\1\x44\0;"s)), ErrorCode::corrupt_data, "code size: got 0");
  expect_refused(gif(frame("\x0D\1\x44\0;"s)), ErrorCode::corrupt_data, "code size: got 13");
  expect_refused(gif(frame("\2\1\x4C\0;"s, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s)),
                 ErrorCode::out_of_memory, "got 131070 x 131070");
}

TEST(DecodeGif, RefusesBadCodes) {
  // Three-bit codes: 4 clears, 5 ends.
  expect_refused(gif(frame("\2\1\x2C\0;"s)), ErrorCode::corrupt_data, "got 0 pixels, expected 16");
  expect_refused(gif(frame("\2\1\x04\0;"s)), ErrorCode::corrupt_data, "got 1 pixels, expected 16");
  expect_refused(gif(frame("\2\1\x3C\0;"s)), ErrorCode::corrupt_data, "got code 7");
  expect_refused(gif(frame("\2\xFF\x04"s)), ErrorCode::corrupt_data, "expected at least 1 more");
}

TEST(DecodeGif, ReadsTheString16TimesTheSame) {
  // Clear, then 0, 6 (= 0 0), 7 (= 0 0 0), 8 (= 0 x 4) on 4 bits, 9 (= 0 x 5), 0, end.
  Bytes bits;
  const auto put = [&](int code, int width) {
    for (int i = 0; i < width; ++i) bits.push_back((code >> i & 1) != 0 ? '1' : '0');
  };
  put(4, 3);
  put(0, 3);
  put(6, 3);
  put(7, 3);
  put(8, 4);
  put(9, 4);
  put(0, 4);
  put(5, 4);
  Bytes data;
  for (std::size_t i = 0; i < bits.size(); i += 8) {
    int byte = 0;
    for (std::size_t b = 0; b < 8 && i + b < bits.size(); ++b) byte |= (bits[i + b] - '0') << b;
    data.push_back(static_cast<char>(byte));
  }
  const Image image = decode(gif(frame("\2"s + static_cast<char>(data.size()) + data + "\0;"s)));
  ASSERT_EQ(image.rgb.size(), 48U);
  for (std::size_t i = 0; i < 48; ++i) EXPECT_EQ(image.rgb[i], i % 3 + 1);
}

// BMP.

Bytes bmp(std::uint32_t width, std::uint32_t height, std::uint32_t bits, std::uint32_t compression,
          std::uint32_t colours, const Bytes& rest) {
  const std::uint32_t palette = bits <= 8 ? 4 * colours : 0;
  return "BM\0\0\0\0\0\0\0\0"s + little(54 + palette, 4) + little(40, 4) + little(width, 4) +
         little(height, 4) + little(1, 2) + little(bits, 2) + little(compression, 4) +
         Bytes(12, '\0') + little(colours, 4) + little(0, 4) + rest;
}

TEST(DecodeBmp, RefusesBadHeaders) {
  const Bytes pixels(4, 'x');
  EXPECT_EQ(decode(bmp(1, 1, 24, 0, 0, pixels)).width, 1);
  expect_refused(with(bmp(1, 1, 24, 0, 0, pixels), 14, "\x29"), ErrorCode::unsupported,
                 "header: got 41 bytes");
  expect_refused(bmp(1, 1, 23, 0, 0, pixels), ErrorCode::unsupported, "depth: got 23");
  expect_refused(bmp(1, 1, 24, 4, 0, pixels), ErrorCode::unsupported, "compression: got 4");
  expect_refused(bmp(1, 1, 24, 1, 0, pixels), ErrorCode::unsupported, "got 1 with 24 bits");
  expect_refused(bmp(0, 1, 24, 0, 0, pixels), ErrorCode::corrupt_data, "got 0 x 1");
  expect_refused(bmp(1, 0, 24, 0, 0, pixels), ErrorCode::corrupt_data, "got 1 x 0");
  expect_refused(bmp(900'000, 900'000, 8, 0, 2, pixels), ErrorCode::out_of_memory,
                 "got 900000 x 900000");
  expect_refused(bmp(0x7FFFFFFF, 1, 24, 0, 0, pixels), ErrorCode::unsupported,
                 "sides up to 1000000");
  expect_refused(bmp(1, 1, 32, 3, 0, "\1\0\0\0\2\0\0\0\4\0\0\0abcd"s), ErrorCode::unsupported,
                 "bit fields: got 0x1 0x2 0x4");
  expect_refused(bmp(1, 1, 8, 0, 70'000, pixels), ErrorCode::corrupt_data, "got 70000 colours");
  expect_refused(bmp(1, 1, 8, 0, 200, pixels), ErrorCode::corrupt_data, "more");
  expect_refused(bmp(2, 2, 24, 0, 0, pixels), ErrorCode::corrupt_data, "more");
}

TEST(DecodeBmp, RefusesBadRunLengths) {
  const Bytes palette(8, '\0');
  expect_refused(bmp(4, 4, 8, 1, 2, palette + "\4\1\0\1"s), ErrorCode::corrupt_data,
                 "got 4 pixels of run lengths, expected 16");
  expect_refused(bmp(4, 4, 8, 1, 2, palette + "\4\1"s), ErrorCode::corrupt_data, "more");
  expect_refused(bmp(4, 4, 8, 1, 2, palette + "\0\x0A\1"s), ErrorCode::corrupt_data, "more");
  expect_refused(bmp(4, 4, 8, 1, 2, palette + "\0\2\1"s), ErrorCode::corrupt_data, "more");
}

// WebP.

// A decoder that is given the whole file reads on past the chunk and finds an end there.
TEST(DecodeWebp, RefusesAChunkThatEndsBeforeItsPixels) {
  Bytes file = fixture("images/lossless_alpha.webp");
  file.insert(40296, Bytes(8, '\xFF'));
  expect_refused(file, ErrorCode::corrupt_data, "WebP");
}

TEST(DecodeWebp, RefusesBadFiles) {
  const Bytes still = fixture("odd_images/alpha.webp");
  expect_refused(with(still, 12, "ABCD"), ErrorCode::corrupt_data, "WebP");
  expect_refused(with(still, 60, Bytes(still.size() - 60, '\xFF')), ErrorCode::corrupt_data,
                 "WebP");
  expect_refused(with(still, 4, "\xFF\xFF"s), ErrorCode::corrupt_data, "more");
  const Bytes moving = fixture("odd_images/animated.webp");
  Bytes without_frames = moving;
  for (std::size_t at = 0; (at = without_frames.find("ANMF", at)) != Bytes::npos;)
    without_frames.replace(at, 4, "XXXX");
  expect_refused(without_frames, ErrorCode::corrupt_data, "WebP");
  expect_refused(with(moving, 24, "\xFF\xFF\xFF\xFF\xFF\xFF"s), ErrorCode::corrupt_data, "WebP");
}

TEST(DecodeJpeg, SaysWhereItWentOnPastBrokenData) {
  const Bytes bytes = fixture("odd_images/restarts.jpg");
  EXPECT_FALSE(decode(bytes).facts.damaged);
  const std::size_t restart = bytes.find("\xFF\xD1");
  ASSERT_NE(restart, Bytes::npos);
  const Image image = decode(with(bytes, restart, "\0\0"s));
  EXPECT_TRUE(image.facts.damaged);
  PictureCounts counts;
  counts.add(image.facts);
  PictureCounts sum;
  sum.add(counts);
  EXPECT_EQ(sum.damaged, 1U);
}

}  // namespace
}  // namespace diptych
