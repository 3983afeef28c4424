#pragma once

#include <zlib.h>

#include "base/error.h"

namespace diptych {

/// A zlib stream that inflates gzip data and ends itself. Who uses it links zlib.
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

}  // namespace diptych
