#include "json/json.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace diptych {
namespace {

/// Watches what the grammar of JSON allows and a checkpoint must not hold. A pass of its own: the
/// library's callbacks walk through the whole of an object after each of its values.
class Strictness final : public nlohmann::json_sax<Json> {
 public:
  Strictness(const std::string& name, int max_depth)
      : name_(name), max_depth_(static_cast<std::size_t>(max_depth)) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool key(string_t& key) override {
    if (!keys_.back().insert(key).second)
      fail(ErrorCode::corrupt_data, "JSON: the key \"{}\" occurs twice ({})", key, name_);
    return true;
  }
  /// The second pass says it.
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override {
    return false;
  }

 private:
  bool open() {
    if (keys_.size() >= max_depth_)
      fail(ErrorCode::corrupt_data, "JSON: nested deeper than {} levels ({})", max_depth_, name_);
    keys_.emplace_back();
    return true;
  }
  bool close() {
    keys_.pop_back();
    return true;
  }

  const std::string& name_;
  std::size_t max_depth_;
  std::vector<std::set<std::string>> keys_;  ///< of what is open; of a list none
};

}  // namespace

Json parse_json(std::span<const std::byte> text, const std::string& name, int max_depth) {
  const auto* begin = reinterpret_cast<const char*>(text.data());
  const std::string_view start(begin, std::min<std::size_t>(text.size(), 2));
  if (start == "\xFF\xFE" || start == "\xFE\xFF")
    fail(ErrorCode::corrupt_data, "JSON: got UTF-16, expected UTF-8 ({})", name);
  Strictness strictness(name, max_depth);
  Json::sax_parse(begin, begin + text.size(), &strictness);
  try {
    return Json::parse(begin, begin + text.size());
  } catch (const Json::exception& error) {
    fail(ErrorCode::corrupt_data, "JSON: {} ({})", error.what(), name);
  }
}

}  // namespace diptych
