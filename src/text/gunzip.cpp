#include "text/gunzip.h"

#include <zlib.h>

#include "base/error.h"

namespace diptych::text {
namespace {

/// An inflate stream that ends itself.
class Inflater {
 public:
  Inflater() {
    constexpr int kGzipFormat = 16;
    ensure(inflateInit2(&stream_, MAX_WBITS + kGzipFormat) == Z_OK, "zlib starts");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_ = {};
};

}  // namespace

std::string gunzip(std::span<const std::byte> compressed, std::size_t size) {
  std::string result(size, '\0');
  Inflater inflater;
  z_stream& stream = inflater.stream();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  const int status = inflate(&stream, Z_SYNC_FLUSH);
  if (status != Z_STREAM_END && (status != Z_OK || stream.avail_out != 0)) {
    fail(ErrorCode::corrupt_data, "gzip data: got {} after {} bytes, expected {}",
         stream.msg != nullptr ? stream.msg : "its end", stream.total_out, size);
  }
  result.resize(stream.total_out);
  return result;
}

}  // namespace diptych::text
