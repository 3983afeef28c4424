#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace diptych::web {

/// What the links of a page are joined with. Its views hold as long as the object.
class BaseUrl {
 public:
  /// `url`: the page's; tabs, line ends and spaces do not count.
  explicit BaseUrl(std::string_view url);
  BaseUrl(const BaseUrl&) = delete;
  BaseUrl& operator=(const BaseUrl&) = delete;

  /// Returns the URL that `reference` stands for (RFC 3986, section 5.2), without its tabs, line
  /// ends and spaces. Empty when it is none of http or https, or has no host.
  std::string join(std::string_view reference) const;

 private:
  std::string url_;
  std::string_view scheme_;
  std::string_view authority_;
  std::string_view path_;
  std::string_view query_;
};

/// Does what BaseUrl::join does for one link.
std::string join_url(std::string_view base, std::string_view reference);

/// What is asked of whom: `origin + path` is the URL.
struct RequestUrl {
  std::string origin;  ///< "https://host" in lower case, the port only where it is not the default
  std::string path;    ///< with its query, "/" at least; what is not printable ASCII is %XX
};

/// Returns an http or https URL in two parts, without user and fragment. Nothing for other schemes,
/// for an empty host or one with blanks, and for a port that is none.
std::optional<RequestUrl> request_url(std::string_view url);

/// Returns the host of an http or https URL in lower case, without user and port; empty: none.
std::string host_of(std::string_view url);

}  // namespace diptych::web
