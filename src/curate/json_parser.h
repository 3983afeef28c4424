#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace diptych::curate {

/// Reads JSON texts one after another in the same memory. What a value views holds until the next
/// text is read. Not thread-safe.
class JsonParser {
 public:
  /// Sets `value`; false for what is not JSON.
  bool parse(std::string_view json, simdjson::dom::element& value) {
    buffer_.resize(json.size() + simdjson::SIMDJSON_PADDING);
    json.copy(buffer_.data(), json.size());
    size_ = json.size();
    return parser_.parse(buffer_.data(), size_, /*realloc_if_needed=*/false).get(value) ==
           simdjson::SUCCESS;
  }

  /// Returns the text that was read last.
  std::string_view text() const { return std::string_view(buffer_).substr(0, size_); }

 private:
  simdjson::dom::parser parser_;
  std::string buffer_;  ///< the text, and simdjson's padding after it
  std::size_t size_ = 0;
};

}  // namespace diptych::curate
