#include "curate/packed_text.h"

#include <bzlib.h>
#include <lzma.h>

#include <algorithm>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "base/as_text.h"
#include "base/error.h"
#include "base/input_file.h"
#include "base/mapped_file.h"
#include "shards/unpack.h"

namespace diptych::curate {

namespace {

using TakenSoFar = std::function<void(std::size_t, std::size_t)>;

constexpr std::size_t kUnpackedPiece = std::size_t{256} << 10;

[[noreturn]] void fail_damaged(std::string_view format, const std::string& name) {
  fail(ErrorCode::corrupt_data, "{} data: is damaged or cut short ({})", format, name);
}

/// Streams one after the other, as parallel packers and Wikipedia's multistream dumps write them.
void unpack_bzip2(std::string_view packed, const std::string& name, const TextSink& sink,
                  const TakenSoFar& done) {
  std::vector<char> piece(kUnpackedPiece);
  const std::size_t size = packed.size();
  while (!packed.empty()) {
    bz_stream stream = {};
    if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) throw std::bad_alloc();
    const struct End {
      bz_stream& stream;
      ~End() { BZ2_bzDecompressEnd(&stream); }
    } end{stream};
    int status = BZ_OK;
    while (status != BZ_STREAM_END) {
      const std::size_t given = std::min(packed.size(), kUnpackedPiece);
      stream.next_in = const_cast<char*>(packed.data());
      stream.avail_in = static_cast<unsigned>(given);
      stream.next_out = piece.data();
      stream.avail_out = static_cast<unsigned>(piece.size());
      status = BZ2_bzDecompress(&stream);
      const std::size_t made = piece.size() - stream.avail_out;
      const std::size_t taken = given - stream.avail_in;
      const bool is_stuck = status == BZ_OK && made == 0 && taken == 0;
      if ((status != BZ_OK && status != BZ_STREAM_END) || is_stuck) fail_damaged("bzip2", name);
      packed.remove_prefix(taken);
      sink({piece.data(), made});
      if (done) done(size - packed.size(), size);
    }
  }
}

void unpack_xz(std::string_view packed, const std::string& name, const TextSink& sink,
               const TakenSoFar& done) {
  constexpr std::uint64_t kMaxMemory = std::uint64_t{1} << 30;
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, kMaxMemory, LZMA_CONCATENATED) != LZMA_OK)
    throw std::bad_alloc();
  const struct End {
    lzma_stream& stream;
    ~End() { lzma_end(&stream); }
  } end{stream};
  std::vector<char> piece(kUnpackedPiece);
  const std::size_t size = packed.size();
  lzma_ret status = LZMA_OK;
  while (status != LZMA_STREAM_END) {
    const std::size_t given = std::min(packed.size(), kUnpackedPiece);
    stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
    stream.avail_in = given;
    stream.next_out = reinterpret_cast<std::uint8_t*>(piece.data());
    stream.avail_out = piece.size();
    status = lzma_code(&stream, given == packed.size() ? LZMA_FINISH : LZMA_RUN);
    if (status != LZMA_OK && status != LZMA_STREAM_END) fail_damaged("xz", name);
    packed.remove_prefix(given - stream.avail_in);
    sink({piece.data(), piece.size() - stream.avail_out});
    if (done) done(size - packed.size(), size);
  }
}

}  // namespace

void read_packed_text(const std::filesystem::path& path, const TextSink& sink,
                      const TakenSoFar& done) {
  const MappedFile file = open_input(path);
  const std::string_view text = as_text(file.bytes());
  if (text.starts_with("BZh")) return unpack_bzip2(text, file.name(), sink, done);
  if (text.starts_with("\xFD"
                       "7zXZ"))
    return unpack_xz(text, file.name(), sink, done);
  if (const auto compression = shards::compression_of(file.bytes())) {
    shards::unpack(*compression, file.bytes(), file.name(),
                   [&](std::span<const std::byte> piece) { sink(as_text(piece)); });
  } else {
    for (std::size_t at = 0; at < text.size(); at += kUnpackedPiece) {
      sink(text.substr(at, kUnpackedPiece));
      if (done) done(std::min(at + kUnpackedPiece, text.size()), text.size());
    }
  }
  if (done) done(text.size(), text.size());
}

}  // namespace diptych::curate
