#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/unfilled_bytes.h"

namespace diptych::curate {

/// One record of a WARC file (ISO 28500). Views into the archive's bytes.
struct WarcRecord {
  std::string_view type;          ///< "response"
  std::string_view target;        ///< WARC-Target-URI, without < >
  std::string_view content_type;  ///< of the block
  std::string_view block;
};

enum class WarcFault {
  none,
  damaged,  ///< no record here; the reader goes on at the next one that it finds
  cut,      ///< the archive ends within the record
};

/// Reads the records that lie one after another in `bytes`.
class WarcReader {
 public:
  explicit WarcReader(std::string_view bytes) : bytes_(bytes) {}

  /// Sets `record` or says what is wrong; nothing at the end.
  std::optional<WarcFault> next(WarcRecord& record);

 private:
  std::optional<WarcFault> skip_to_next_record();

  std::string_view bytes_;
  std::size_t at_ = 0;
};

/// Returns a header field's value, trimmed; the name in any case. Empty: none.
std::string_view header_value(std::string_view headers, std::string_view name);

/// An HTTP response's body as it was meant, without chunks and compression.
struct HttpBody {
  std::string_view body;
  std::string_view content_type;  ///< "text/html"
  std::string_view charset;       ///< empty: not said
  UnfilledBytes storage;          ///< of `body`, where it had to be unpacked
  std::string_view fault;         ///< why there is no body; empty: there is one
};

inline constexpr std::size_t kMaxPageBytes = std::size_t{64} << 20;
inline constexpr std::string_view kPageTooLarge = "page over 64 MiB";

void read_http(std::string_view response, HttpBody& body);

}  // namespace diptych::curate
