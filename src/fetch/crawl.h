#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "web/host_pace.h"

namespace diptych::fetch {

struct CrawlRules {
  /// What is asked of one host: of one scheme, name and port.
  web::PaceLimits pace;
  /// Requests that run at a time, to all hosts together.
  int connections = 256;
  /// URLs in memory that wait for their turn. What lies further in the list waits for them.
  std::size_t waiting = 20'000;
  /// Seconds that a request may take, connecting and waiting for data included.
  int timeout_seconds = 10;
  /// Further attempts after a failure that may pass.
  int retries = 2;
  /// Seconds that a host may ask to be left alone (Retry-After); who asks for more is not asked
  /// again for this URL.
  int longest_wait_seconds = 300;
  /// The largest answer, in bytes.
  std::size_t max_bytes = std::size_t{50} << 20;
  int max_redirects = 5;
  /// Whether addresses that are not of the public internet may be connected to.
  bool private_addresses = false;
  /// Whether robots.txt counts.
  bool robots = true;
  /// The User-Agent header, and the product tokens that robots.txt and X-Robots-Tag know it by.
  std::string user_agent;
  std::vector<std::string> agents;
  /// Directives of an X-Robots-Tag with which an answer is left alone.
  std::vector<std::string> disallowed_directives;
};

struct CrawlRequest {
  std::uint64_t id = 0;  ///< the caller's
  std::string url;
};

/// How a URL ended.
struct CrawlResult {
  std::uint64_t id = 0;
  std::string failure;  ///< why nothing came, a few words: "HTTP 404"; empty: `body` came
  std::string detail;   ///< more of it, or empty
  std::string body;     ///< bytes of a 200
  int attempts = 0;     ///< requests for it, redirects not counted; 0: it was never asked for
};

/// Whether there is a next URL.
enum class CrawlNext {
  url,
  later,  ///< perhaps, once a further result was taken
  end,
};

/// Where URLs come from and results go. Called on the calling thread of `crawl`.
struct CrawlFeed {
  /// Sets the request for CrawlNext::url. `later` only while results are missing.
  std::function<CrawlNext(CrawlRequest&)> next;
  /// Takes the result of each request, in any order.
  std::function<void(CrawlResult&&)> take;
};

/// Fetches URLs, http and https alone, many at a time, and each host at its pace. robots.txt
/// (RFC 9309) is read once a day of each host before anything else; a host whose robots.txt cannot
/// be had, other than for its not being there, is left alone. Redirects and what another host says
/// of itself are followed as if the list had named them. No proxy is used: which addresses may be
/// connected to is decided here. What `feed` throws ends the crawl and is rethrown. Throws
/// Error(internal) when libcurl cannot be set up.
void crawl(const CrawlRules& rules, const CrawlFeed& feed);

}  // namespace diptych::fetch
