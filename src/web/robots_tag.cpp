#include "web/robots_tag.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace diptych::web {

namespace {

/// Directives whose colon is followed by a value, and not said to a crawler of that name.
constexpr std::array<std::string_view, 4> kDirectivesWithValue = {
    "unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"};

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

template <typename Words>
bool holds(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_agent(std::string_view name, std::span<const std::string> agents) {
  return std::any_of(agents.begin(), agents.end(),
                     [&](const std::string& agent) { return ascii_lower(agent) == name; });
}

}  // namespace

std::optional<std::string> refusing_directive(std::string_view header,
                                              std::span<const std::string> agents,
                                              std::span<const std::string> disallowed) {
  const std::string lower = ascii_lower(header);
  std::string_view rest = lower;
  bool is_for_us = true;  // until a crawler is named, and then for all that follows its name
  while (!rest.empty()) {
    std::string_view directive = without_blanks(rest.substr(0, rest.find(',')));
    rest.remove_prefix(std::min(rest.find(','), rest.size() - 1) + 1);
    const std::size_t colon = directive.find(':');
    const std::string_view name = without_blanks(directive.substr(0, colon));
    if (colon != std::string_view::npos && !holds(kDirectivesWithValue, name)) {
      is_for_us = is_agent(name, agents);
      directive = without_blanks(directive.substr(colon + 1));
    }
    const bool is_refusal =
        holds(disallowed, directive) || (directive == "none" && holds(disallowed, "noindex"));
    if (is_for_us && is_refusal) return std::string(directive);
  }
  return std::nullopt;
}

}  // namespace diptych::web
