#include "shards/python_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "json/json.h"
#include "shards/utf16.h"

namespace diptych::shards {
namespace {

/// The code unit of an escape "\uXXXX" that `text` begins with.
std::optional<unsigned> unicode_escape(std::string_view text) {
  unsigned unit = 0;
  if (!text.starts_with("\\u") || text.size() < 6) return std::nullopt;
  const char* end = text.data() + 6;
  const auto [stop, error] = std::from_chars(text.data() + 2, end, unit, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return unit;
}

bool is_high_surrogate(unsigned unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}

bool is_low_surrogate(unsigned unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

/// Copies text of JSON with what only Python reads put into JSON's words.
class Rewriter {
 public:
  explicit Rewriter(std::string_view text) : rest_(text) { out_.reserve(text.size()); }

  std::string rewrite() && {
    while (!rest_.empty()) {
      if (in_string_) {
        copy_in_string();
      } else if (!replace_number()) {
        in_string_ = rest_.front() == '"';
        copy(1);
      }
    }
    return std::move(out_);
  }

 private:
  void copy(std::size_t count) {
    out_.append(rest_.substr(0, count));
    rest_.remove_prefix(std::min(count, rest_.size()));
  }

  void copy_in_string() {
    if (rest_.front() != '\\') {
      in_string_ = rest_.front() != '"';
      return copy(1);
    }
    const auto unit = unicode_escape(rest_);
    if (!unit) return copy(2);
    const bool high = is_high_surrogate(*unit);
    const auto next = high ? unicode_escape(rest_.substr(6)) : std::nullopt;
    if (next && is_low_surrogate(*next)) return copy(12);
    if (!high && !is_low_surrogate(*unit)) return copy(6);
    out_.append("\\ufffd");
    rest_.remove_prefix(6);
  }

  /// Puts null for what is no number in JSON, and for numbers that no double holds.
  bool replace_number() {
    const std::size_t size = std::min(rest_.find_first_not_of("+-.0123456789eE"), rest_.size());
    double value = 0.0;
    if (size > 0 && std::from_chars(rest_.data(), rest_.data() + size, value).ec ==
                        std::errc::result_out_of_range) {
      out_.append("null");
      rest_.remove_prefix(size);
      return true;
    }
    static constexpr std::array<std::string_view, 3> kNumbers = {"NaN", "Infinity", "-Infinity"};
    for (const std::string_view number : kNumbers) {
      if (!rest_.starts_with(number)) continue;
      out_.append("null");
      rest_.remove_prefix(number.size());
      return true;
    }
    return false;
  }

  std::string_view rest_;
  std::string out_;
  bool in_string_ = false;
};

}  // namespace

nlohmann::json parse_python_json(std::string_view text) {
  const std::optional<std::string> converted = text_from_utf16(text);
  if (converted) text = *converted;
  std::optional<Json> value = read_json(text);
  if (!value) value = read_json(Rewriter(text).rewrite());
  return value ? std::move(*value) : Json(Json::value_t::discarded);
}

}  // namespace diptych::shards
