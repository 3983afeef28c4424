#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fetch/crawl.h"

namespace diptych::fetch {

/// What a transfer asks for.
struct TransferTarget {
  std::string url;
  std::size_t max_bytes = 0;
  bool follow = false;  ///< whether libcurl follows redirects itself, up to 5
  bool alone = false;   ///< on a connection of its own, that no answer before has spoilt
  bool cut = false;     ///< whether an answer above `max_bytes` is cut, and otherwise a failure
};

/// How a transfer ended.
struct TransferOutcome {
  std::string failure;  ///< a few words, for what is no answer at all; empty: `status`
  std::string detail;
  bool may_pass = false;   ///< the failure may be gone later
  bool is_spoilt = false;  ///< what came was no HTTP, on a connection that had answered before
  int status = 0;
  std::string redirect;  ///< where a redirect leads to
  std::chrono::seconds retry_after{0};
  std::optional<std::string> opt_out;  ///< the directive that forbids the use of a 200
  std::string body;
};

/// One request of a crawl over and over: its libcurl handle is used again. Not thread-safe.
class Transfer {
 public:
  explicit Transfer(const CrawlRules& rules);
  ~Transfer() = default;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Sets the next request up; the handle then goes to a multi handle.
  void prepare(TransferTarget target);
  CURL* handle() const { return curl_.get(); }
  /// Returns what came of it, after libcurl said so with `code`.
  TransferOutcome finish(CURLcode code);

 private:
  void set_rules();
  std::size_t take_header(std::string_view line);
  std::size_t take_body(std::string_view bytes);
  curl_socket_t open(const curl_sockaddr& address);
  std::string failure_of(CURLcode code, bool& may_pass) const;

  const CrawlRules& rules_;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_{curl_easy_init(), curl_easy_cleanup};
  std::array<char, CURL_ERROR_SIZE> error_{};
  TransferTarget target_;
  TransferOutcome outcome_;
  bool is_refused_ = false;  ///< an address was not public
  bool is_too_large_ = false;
};

}  // namespace diptych::fetch
