#pragma once

#include <string>
#include <string_view>

namespace diptych::curate {

/// The URL that `reference` stands for on a page (RFC 3986, section 5.2), without its tabs, line
/// ends and spaces. Empty when it is none of http or https, or has no host.
std::string join_url(std::string_view base, std::string_view reference);

/// The host of an http or https URL in lower case, without user and port; empty: none.
std::string host_of(std::string_view url);

}  // namespace diptych::curate
