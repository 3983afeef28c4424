#include "text/bpe/gunzip.h"

#include "base/error.h"
#include "base/inflater.h"

namespace diptych::text {

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
