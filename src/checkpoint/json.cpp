#include "checkpoint/json.h"

#include <set>
#include <vector>

#include "base/error.h"

namespace diptych::checkpoint {
namespace {

/// Watches a parse for what the grammar of JSON allows and a checkpoint must not hold.
class Strictness {
 public:
  Strictness(const std::string& name, int max_depth) : name_(name), max_depth_(max_depth) {}

  bool operator()(int depth, Json::parse_event_t event, const Json& value) {
    using Event = Json::parse_event_t;
    if ((event == Event::object_start || event == Event::array_start) && depth >= max_depth_) {
      fail(ErrorCode::corrupt_data, "JSON: nested deeper than {} levels ({})", max_depth_, name_);
    }
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end) keys_.pop_back();
    if (event == Event::key && !keys_.back().insert(value.get<std::string>()).second) {
      fail(ErrorCode::corrupt_data, "JSON: the key \"{}\" occurs twice ({})",
           value.get<std::string>(), name_);
    }
    return true;
  }

 private:
  const std::string& name_;
  int max_depth_;
  std::vector<std::set<std::string>> keys_;  ///< of the objects that are open
};

}  // namespace

Json parse_json(std::span<const std::byte> text, const std::string& name, int max_depth) {
  const auto* begin = reinterpret_cast<const char*>(text.data());
  // A reference, because the parser copies its callback and the copies would not share their keys.
  Strictness strictness(name, max_depth);
  const auto watch = [&strictness](int depth, Json::parse_event_t event, const Json& value) {
    return strictness(depth, event, value);
  };
  try {
    return Json::parse(begin, begin + text.size(), watch);
  } catch (const Json::exception& error) {
    fail(ErrorCode::corrupt_data, "JSON: {} ({})", error.what(), name);
  }
}

}  // namespace diptych::checkpoint
