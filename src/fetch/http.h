#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace diptych::fetch {

struct HttpRequest {
  std::string url;    ///< http or https
  std::string token;  ///< sent as "Authorization: Bearer", only to the origin of `url`; or empty
  /// The first byte wanted; above zero as a Range, on the condition that the file still is the one
  /// that `validator`, an ETag or a date, belongs to (If-Range, RFC 9110).
  std::uint64_t first_byte = 0;
  std::string validator;
  int stall_seconds = 60;  ///< without a byte, after which the connection counts as cut
};

/// The response that a chain of redirects ends with.
struct HttpResponse {
  int status = 0;
  std::string url;                             ///< whose response it is
  std::optional<std::uint64_t> length;         ///< of the body
  std::optional<std::uint64_t> range_first;    ///< of a Content-Range
  std::optional<std::uint64_t> complete_size;  ///< of the whole file: Content-Range's, or `length`
  std::string validator;                       ///< its strong ETag, else its Last-Modified
  std::chrono::seconds retry_after{0};
  /// What the Hugging Face Hub says of a large file before it redirects to where the file lies: its
  /// ETag, which is its SHA-256, and its size.
  std::string hub_hash;
  std::optional<std::uint64_t> hub_size;
};

/// How a request ended: with a response, or with `failure`, the reason why there is none or only a
/// part of one.
struct HttpResult {
  HttpResponse response;
  std::string failure;
  bool may_pass = false;  ///< the failure may be gone on another try
};

/// What becomes of a response of status 200 or 206. Exceptions end the transfer and are rethrown.
struct HttpReceiver {
  std::function<void(const HttpResponse&)> begin;
  std::function<void(std::span<const std::byte>)> body;
};

/// Sends a GET and follows up to 10 redirects: never from https to http, never to another scheme.
/// Proxies are as https_proxy, http_proxy and no_proxy say. Throws Error(io) for a redirect it does
/// not follow and Error(invalid_argument) for a URL that is none. Thread-safe.
HttpResult http_get(const HttpRequest& request, const HttpReceiver& receiver);

/// Throws Error(io) for a redirect that is not followed.
void check_redirect(const std::string& from, const std::string& to);

}  // namespace diptych::fetch
