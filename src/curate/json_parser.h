#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace diptych::curate {

/// Reads JSON texts one after another in the same memory. What a value views holds until the next
/// text is read. Not thread-safe.
class JsonParser {
 public:
  /// Sets `value`; false for what is not JSON. A text is read where it lies if at least simdjson's
  /// padding of bytes after it can be read too, and copied otherwise.
  bool parse(std::string_view json, simdjson::dom::element& value, std::size_t readable_after = 0) {
    text_ = readable_after < simdjson::SIMDJSON_PADDING ? padded(json) : json;
    return parser_.parse(text_.data(), text_.size(), /*realloc_if_needed=*/false).get(value) ==
           simdjson::SUCCESS;
  }

  /// Returns the text that was read last.
  std::string_view text() const { return text_; }

 private:
  std::string_view padded(std::string_view json) {
    buffer_.resize(json.size() + simdjson::SIMDJSON_PADDING);
    json.copy(buffer_.data(), json.size());
    return std::string_view(buffer_).substr(0, json.size());
  }

  simdjson::dom::parser parser_;
  std::string buffer_;  ///< a text, and simdjson's padding after it
  std::string_view text_;
};

}  // namespace diptych::curate
