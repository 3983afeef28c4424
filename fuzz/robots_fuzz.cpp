// Any robots.txt is read, one without rules allows everything, and a path is judged as its
// normalised form is. The first line is the path, or an X-Robots-Tag.

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "web/robots.h"
#include "web/robots_tag.h"
#include "web/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diptych::web;
  const std::array<std::string, 1> agents = {"diptych"};
  const std::array<std::string, 1> disallowed = {"noai"};
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view path = input.substr(0, input.find('\n'));
  const std::string_view file = input.substr(path.size());
  const RobotsRules rules = RobotsRules::parse(file, agents);
  if (rules.allows(path) != rules.allows(normalised_path(path))) std::abort();
  if (rules.bytes() == 0 && !rules.allows(path)) std::abort();
  const auto directive = refusing_directive(path, agents, disallowed);
  if (directive && *directive != "noai") std::abort();
  const auto request = request_url(path);
  if (request && !request_url(request->origin + request->path)) std::abort();
  return 0;
}
