#include "web/url.h"

#include <fmt/core.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/ascii.h"

namespace diptych::web {

namespace {

/// The parts of a URL (RFC 3986, appendix B). A part that is absent is not the same as an empty
/// one.
struct Parts {
  std::string_view scheme;
  std::string_view authority;
  std::string_view path;
  std::string_view query;     ///< with its "?"
  std::string_view fragment;  ///< with its "#"
  bool has_authority = false;
};

bool is_url_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string_view scheme_of(std::string_view url) {
  if (url.empty() || !is_url_letter(url[0])) return {};
  for (std::size_t i = 1; i < url.size(); ++i) {
    if (url[i] == ':') return url.substr(0, i);
    const bool goes_on = is_url_letter(url[i]) || (url[i] >= '0' && url[i] <= '9') ||
                         url[i] == '+' || url[i] == '-' || url[i] == '.';
    if (!goes_on) return {};
  }
  return {};
}

Parts split(std::string_view url) {
  Parts parts;
  parts.scheme = scheme_of(url);
  if (!parts.scheme.empty()) url.remove_prefix(parts.scheme.size() + 1);
  const std::size_t hash = std::min(url.find('#'), url.size());
  parts.fragment = url.substr(hash);
  url = url.substr(0, hash);
  const std::size_t mark = std::min(url.find('?'), url.size());
  parts.query = url.substr(mark);
  url = url.substr(0, mark);
  if (url.starts_with("//")) {
    url.remove_prefix(2);
    const std::size_t slash = std::min(url.find('/'), url.size());
    parts.authority = url.substr(0, slash);
    parts.has_authority = true;
    url.remove_prefix(slash);
  }
  parts.path = url;
  return parts;
}

std::string without_dots(std::string_view path) {
  if (path.starts_with('/') && path.find("/.") == std::string_view::npos) return std::string(path);
  std::vector<std::string_view> kept;
  bool ends_open = false;
  std::string_view rest = path.substr(path.starts_with('/') ? 1 : 0);
  while (true) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    const bool is_dots = part == "." || part == "..";
    if (part == ".." && !kept.empty()) kept.pop_back();
    if (!is_dots) kept.push_back(part);
    ends_open = is_dots;
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  std::string result;
  for (const std::string_view part : kept) (result += '/') += part;
  if (ends_open) result += '/';
  return result;
}

bool is_blank(char c) {
  return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
}

std::string clean(std::string_view url) {
  std::string result(url);
  std::erase_if(result, is_blank);
  return result;
}

bool is_web(std::string_view scheme) {
  constexpr std::string_view kSecure = "https";
  const bool has_length = scheme.size() == kSecure.size() || scheme.size() + 1 == kSecure.size();
  return has_length && ::strncasecmp(scheme.data(), kSecure.data(), scheme.size()) == 0;
}

bool is_secure(std::string_view scheme) {
  return scheme.size() == std::string_view("https").size();
}

/// Sets `port` to ":8443", or to nothing where it is the default; false where it is none.
bool take_port(std::string_view text, bool secure, std::string& port) {
  if (text.size() <= 1) return true;  // none, or nothing after the colon
  std::uint16_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 1, end, number);
  if (error != std::errc() || stop != end || number == 0) return false;
  if (number != (secure ? 443 : 80)) port = fmt::format(":{}", number);
  return true;
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (is_blank(c) || static_cast<unsigned char>(c) >= 0x80) {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
}

std::string compose(std::string_view scheme, std::string_view authority, std::string_view path,
                    std::string_view query, std::string_view fragment) {
  std::string url;
  url.reserve(scheme.size() + 3 + authority.size() + path.size() + query.size() + fragment.size());
  for (const char c : scheme) url += ascii_lower(c);
  url += "://";
  url += authority;
  url += path;
  url += query;
  url += fragment;
  return url;
}

}  // namespace

BaseUrl::BaseUrl(std::string_view url) : url_(clean(url)) {
  const Parts parts = split(url_);
  scheme_ = parts.scheme;
  authority_ = parts.authority;
  path_ = parts.path;
  query_ = parts.query;
}

std::string BaseUrl::join(std::string_view reference) const {
  std::string cleaned;
  if (std::any_of(reference.begin(), reference.end(), is_blank)) {
    cleaned = clean(reference);
    reference = cleaned;
  }
  const Parts to = split(reference);
  const std::string_view scheme = to.scheme.empty() ? scheme_ : to.scheme;
  const bool is_relative = to.scheme.empty() && !to.has_authority;
  const std::string_view authority = is_relative ? authority_ : to.authority;
  if (!is_web(scheme) || authority.empty()) return {};
  if (!is_relative) {
    const std::string path = to.path.empty() ? std::string() : without_dots(to.path);
    return compose(scheme, authority, path, to.query, to.fragment);
  }
  if (to.path.empty()) {
    const std::string_view query = to.query.empty() ? query_ : to.query;
    return compose(scheme, authority, path_, query, to.fragment);
  }
  if (to.path.starts_with('/')) {
    return compose(scheme, authority, without_dots(to.path), to.query, to.fragment);
  }
  const std::size_t slash = path_.rfind('/');
  std::string path =
      slash == std::string_view::npos ? "/" : std::string(path_.substr(0, slash + 1));
  path += to.path;
  return compose(scheme, authority, without_dots(path), to.query, to.fragment);
}

std::string join_url(std::string_view base, std::string_view reference) {
  return BaseUrl(base).join(reference);
}

std::optional<RequestUrl> request_url(std::string_view url) {
  url.remove_prefix(
      static_cast<std::size_t>(std::find_if_not(url.begin(), url.end(), is_blank) - url.begin()));
  while (!url.empty() && is_blank(url.back())) url.remove_suffix(1);
  const Parts parts = split(url);
  if (!is_web(parts.scheme)) return std::nullopt;
  std::string_view authority = parts.authority;
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  }
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = std::min(
      authority.find(':', bracket == std::string_view::npos ? 0 : bracket), authority.size());
  const std::string host = ascii_lower(authority.substr(0, colon));
  std::string port;
  const bool is_good = !host.empty() && std::none_of(host.begin(), host.end(), is_blank) &&
                       take_port(authority.substr(colon), is_secure(parts.scheme), port);
  if (!is_good) return std::nullopt;
  RequestUrl request{.origin = ascii_lower(parts.scheme) + "://" + host + port};
  if (!parts.path.starts_with('/')) request.path += '/';
  append_escaped(request.path, parts.path);
  append_escaped(request.path, parts.query);
  return request;
}

std::string host_of(std::string_view url) {
  const Parts parts = split(url);
  std::string_view host = parts.authority;
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) {
    host.remove_prefix(at + 1);
  }
  const std::size_t bracket = host.find(']');
  const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  host = host.substr(0, colon);
  while (host.ends_with('.')) host.remove_suffix(1);
  return ascii_lower(host);
}

}  // namespace diptych::web
