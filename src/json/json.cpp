#include "json/json.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/as_text.h"
#include "base/error.h"
#include "json/syntax.h"

namespace diptych {
namespace {

/// Watches what the grammar of JSON allows and a checkpoint must not hold, and says what is wrong
/// where it is broken. A pass of its own: the library's callbacks walk through the whole of an
/// object after each of its values.
class Strictness final : public nlohmann::json_sax<Json> {
 public:
  Strictness(std::string_view text, const std::string& name, int max_depth)
      : text_(text), name_(name), max_depth_(static_cast<std::size_t>(max_depth)) {}

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool start_object(std::size_t) override { return open(JsonPlace::Inside::object); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(JsonPlace::Inside::list); }
  bool end_array() override { return close(); }
  bool key(string_t& key) override {
    if (!keys_.back().insert(key).second)
      fail(ErrorCode::corrupt_data, "JSON: the key \"{}\" occurs twice ({})", key, name_);
    places_.back().key = key;
    return true;
  }
  bool parse_error(std::size_t read, const std::string& token,
                   const Json::exception& error) override {
    constexpr int kNumberTooLarge = 406;
    if (error.id == kNumberTooLarge) {
      fail(ErrorCode::corrupt_data, "JSON: got {}, expected a number that a double holds ({})",
           token, name_);
    }
    fail(ErrorCode::corrupt_data, "JSON: {} ({})",
         describe_syntax_error(text_, read, places_.back()), name_);
  }

 private:
  bool value() {
    places_.back().is_begun = true;
    places_.back().key.reset();
    return true;
  }
  bool open(JsonPlace::Inside inside) {
    if (keys_.size() >= max_depth_)
      fail(ErrorCode::corrupt_data, "JSON: nested deeper than {} levels ({})", max_depth_, name_);
    value();
    keys_.emplace_back();
    places_.push_back({.inside = inside, .is_begun = false, .key = {}});
    return true;
  }
  bool close() {
    keys_.pop_back();
    places_.pop_back();
    return true;
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t max_depth_;
  std::vector<std::set<std::string>> keys_;  ///< of what is open; of a list none
  std::vector<JsonPlace> places_ = {{}};     ///< of what is open, the whole text first
};

template <typename Document>
Document parse_strictly(std::string_view text, const std::string& name, int max_depth) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    fail(ErrorCode::corrupt_data, "JSON: got UTF-16, expected UTF-8 ({})", name);
  Strictness strictness(text, name, max_depth);
  Json::sax_parse(text, &strictness);
  return Document::parse(text);
}

/// Of text that is not JSON this is right up to where it is broken, and no parser comes further.
bool is_deeper_than(int max_depth, std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\' ? 1 : 0;
    } else if (text[i] == '[' || text[i] == '{') {
      if (++depth > max_depth) return true;
    } else if (text[i] == ']' || text[i] == '}') {
      --depth;
    }
  }
  return false;
}

template <typename Document>
std::optional<Document> parse_record(std::string_view text) {
  if (is_deeper_than(kMaxJsonDepth, text)) return std::nullopt;
  Document document = Document::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return std::nullopt;
  return std::optional<Document>(std::in_place, std::move(document));
}

}  // namespace

Json parse_json(std::string_view text, const std::string& name, int max_depth) {
  return parse_strictly<Json>(text, name, max_depth);
}

Json parse_json(std::span<const std::byte> text, const std::string& name, int max_depth) {
  return parse_strictly<Json>(as_text(text), name, max_depth);
}

OrderedJson parse_ordered_json(std::string_view text, const std::string& name, int max_depth) {
  return parse_strictly<OrderedJson>(text, name, max_depth);
}

std::optional<Json> read_json(std::string_view text) {
  return parse_record<Json>(text);
}

std::optional<OrderedJson> read_ordered_json(std::string_view text) {
  return parse_record<OrderedJson>(text);
}

}  // namespace diptych
