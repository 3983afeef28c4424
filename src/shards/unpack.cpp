#include "shards/unpack.h"

#include <zstd.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/as_text.h"
#include "base/error.h"
#include "base/inflater.h"

namespace diptych::shards {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

bool starts_with(std::span<const std::byte> bytes, std::string_view magic) {
  return as_text(bytes).starts_with(magic);
}

[[noreturn]] void damaged(std::string_view format, std::string_view what, std::string_view name) {
  fail(ErrorCode::corrupt_data, "{} data: {} ({})", format, what, name);
}

/// Files are padded with zeros by tapes and some tools.
bool only_zeros(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

void unpack_gzip(std::span<const std::byte> packed, std::string_view name, const UnpackSink& sink) {
  Inflater inflater;
  z_stream& stream = inflater.stream();
  std::vector<std::byte> piece(kPieceBytes);
  while (!packed.empty() && !only_zeros(packed)) {
    int status = Z_OK;
    while (status != Z_STREAM_END) {
      const std::size_t given = std::min(packed.size(), kPieceBytes);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
      stream.avail_in = static_cast<uInt>(given);
      stream.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream.avail_out = static_cast<uInt>(piece.size());
      status = inflate(&stream, Z_NO_FLUSH);
      if (status == Z_BUF_ERROR) damaged("gzip", "is cut short", name);
      if (status != Z_OK && status != Z_STREAM_END)
        damaged("gzip", stream.msg != nullptr ? stream.msg : "is damaged", name);
      packed = packed.subspan(given - stream.avail_in);
      sink(std::span(piece).first(piece.size() - stream.avail_out));
    }
    ensure(inflateReset(&stream) == Z_OK, "zlib starts again");
  }
}

void unpack_zstd(std::span<const std::byte> packed, std::string_view name, const UnpackSink& sink) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                     &ZSTD_freeDCtx);
  if (!context) fail(ErrorCode::out_of_memory, "zstd: no memory for its context");
  std::vector<std::byte> piece(kPieceBytes);
  ZSTD_inBuffer in = {packed.data(), packed.size(), 0};
  while (true) {
    ZSTD_outBuffer out = {piece.data(), piece.size(), 0};
    const std::size_t left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0) damaged("zstd", ZSTD_getErrorName(left), name);
    sink(std::span(piece).first(out.pos));
    const bool all_out = out.pos < out.size;
    if (in.pos < in.size || !all_out) continue;
    if (left != 0) damaged("zstd", "is cut short", name);
    return;
  }
}

}  // namespace

std::optional<Compression> compression_of(std::span<const std::byte> bytes) {
  if (starts_with(bytes, "\x1F\x8B")) return Compression::gzip;
  if (starts_with(bytes, "\x28\xB5\x2F\xFD")) return Compression::zstd;
  return std::nullopt;
}

void unpack(Compression compression, std::span<const std::byte> packed, std::string_view name,
            const UnpackSink& sink) {
  switch (compression) {
    case Compression::gzip:
      return unpack_gzip(packed, name, sink);
    case Compression::zstd:
      return unpack_zstd(packed, name, sink);
  }
}

}  // namespace diptych::shards
