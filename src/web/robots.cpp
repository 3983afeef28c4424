#include "web/robots.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ascii.h"

namespace diptych::web {

namespace {

/// Longer waits would hold a list up for ever.
constexpr double kMostCrawlDelaySeconds = 60.0;

std::string_view without_space(std::string_view text) {
  constexpr std::string_view kSpace = " \t\v\f";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

/// The product token that a User-agent line begins with; "*" stays.
std::string agent_of(std::string_view value) {
  if (value.starts_with('*')) return "*";
  const std::string lower = ascii_lower(value);
  return lower.substr(0, lower.find_first_not_of("abcdefghijklmnopqrstuvwxyz_-"));
}

/// Calls `take` with key, in lower case, and value of each line that has both.
template <typename Take>
void for_each_line(std::string_view text, Take&& take) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    take(ascii_lower(without_space(line.substr(0, colon))), without_space(line.substr(colon + 1)));
  }
}

/// Calls `take` with the lines of all groups for `agent`, their User-agent lines left out. Returns
/// whether there was such a group.
template <typename Take>
bool for_each_line_of(std::string_view text, std::string_view agent, Take&& take) {
  bool is_named = false;
  bool is_group = false;   // of the agent
  bool has_begun = false;  // the group's lines: a further User-agent begins another one
  for_each_line(text, [&](const std::string& key, std::string_view value) {
    if (key == "user-agent") {
      if (std::exchange(has_begun, false)) is_group = false;
      is_group = is_group || agent_of(value) == agent;
      is_named = is_named || is_group;
      return;
    }
    const bool is_rule = key == "allow" || key == "disallow" || key == "crawl-delay";
    has_begun = has_begun || is_rule;
    if (is_rule && is_group) take(key, value);
  });
  return is_named;
}

bool is_unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

/// The byte that "%XX" at the start of `text` stands for.
std::optional<unsigned char> escaped_byte(std::string_view text) {
  unsigned char byte = 0;
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 3, byte, 16);
  const bool is_whole = error == std::errc() && end == text.data() + 3;
  return is_whole ? std::optional(byte) : std::nullopt;
}

/// Whether a pattern fits a path from its beginning; "*" stands for any bytes, "$" at the end for
/// the path's end. The parts between stars are looked for from left to right, the leftmost first,
/// so that there is nothing to go back for.
bool fits(std::string_view pattern, std::string_view path) {
  const bool is_anchored = pattern.ends_with('$');
  if (is_anchored) pattern.remove_suffix(1);
  const std::size_t first_star = pattern.find('*');
  if (!path.starts_with(pattern.substr(0, first_star))) return false;
  if (first_star == std::string_view::npos) return !is_anchored || path.size() == pattern.size();
  path.remove_prefix(first_star);
  pattern.remove_prefix(first_star + 1);
  while (true) {
    const std::size_t star = pattern.find('*');
    const std::string_view part = pattern.substr(0, star);
    if (star == std::string_view::npos && is_anchored) return path.ends_with(part);
    const std::size_t place = path.find(part);
    if (place == std::string_view::npos) return false;
    if (star == std::string_view::npos) return true;
    path.remove_prefix(place + part.size());
    pattern.remove_prefix(star + 1);
  }
}

}  // namespace

std::string normalised_path(std::string_view path) {
  std::string result;
  result.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto c = static_cast<unsigned char>(path[i]);
    const std::optional<unsigned char> escaped = escaped_byte(path.substr(i));
    if (escaped) i += 2;
    const unsigned char byte = escaped.value_or(c);
    const bool is_plain = escaped ? is_unreserved(byte) : byte < 0x80;
    if (is_plain) {
      result += static_cast<char>(byte);
    } else {
      result += fmt::format("%{:02X}", byte);
    }
  }
  return result;
}

void RobotsRules::add_line(std::string_view key, std::string_view value) {
  if (key == "crawl-delay") {
    double seconds = 0.0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error != std::errc() || !(seconds > 0.0)) return;
    seconds = std::min(seconds, kMostCrawlDelaySeconds);
    crawl_delay_ = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000.0));
    return;
  }
  if (value.empty()) return;  // "Disallow:" forbids nothing
  rules_.push_back({normalised_path(value), key == "allow"});
  bytes_ += sizeof(Rule) + rules_.back().pattern.capacity();
}

RobotsRules RobotsRules::parse(std::string_view text, std::span<const std::string> agents) {
  text = text.substr(0, kMaxRobotsBytes);
  RobotsRules rules;
  const auto take = [&rules](const std::string& key, std::string_view value) {
    rules.add_line(key, value);
  };
  const bool is_named = std::any_of(agents.begin(), agents.end(), [&](const std::string& agent) {
    return for_each_line_of(text, ascii_lower(agent), take);
  });
  if (!is_named) for_each_line_of(text, "*", take);
  // The longest that fits is then the first one that does.
  std::stable_sort(rules.rules_.begin(), rules.rules_.end(), [](const Rule& a, const Rule& b) {
    return std::pair(a.pattern.size(), a.is_allowed) > std::pair(b.pattern.size(), b.is_allowed);
  });
  return rules;
}

bool RobotsRules::allows(std::string_view path) const {
  if (path == "/robots.txt") return true;
  const std::string normalised = normalised_path(path);
  const auto rule = std::find_if(rules_.begin(), rules_.end(), [&](const Rule& candidate) {
    return fits(candidate.pattern, normalised);
  });
  return rule == rules_.end() || rule->is_allowed;
}

}  // namespace diptych::web
