#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "fetch/crawl.h"
#include "web/host_pace.h"
#include "web/robots.h"
#include "web/url.h"

namespace diptych::fetch {

/// A URL on its way.
struct Errand {
  std::uint64_t id = 0;
  web::RequestUrl url;
  int attempts = 0;       ///< begun so far
  int redirects = 0;      ///< followed so far
  bool is_alone = false;  ///< asked for on a connection of its own
};

/// What is known of one host (scheme, name and port), and what waits for it.
struct CrawlHost {
  CrawlHost(std::string name, const web::PaceLimits& limits, web::Clock::time_point now)
      : origin(std::move(name)), pace(limits, now) {}

  std::string origin;
  web::HostPace pace;
  std::deque<Errand> waiting;
  bool asks_robots = false;  ///< its robots.txt is being fetched: all else waits
  int robots_attempts = 0;
  /// Until when `rules`, or `robots_failure` and `robots_detail`, the reason why there are none,
  /// hold. Nothing: they were never asked for.
  std::optional<web::Clock::time_point> robots_until;
  web::RobotsRules rules;
  std::string robots_failure;
  std::string robots_detail;
};

/// The hosts of a crawl, and which of them may be asked next. Hosts that nothing waits for are
/// forgotten once there are many. Not thread-safe; it looks at no clock.
class CrawlHosts {
 public:
  explicit CrawlHosts(const web::PaceLimits& limits) : limits_(limits) {}

  /// Adds to what waits for a host; `first`: in front of all else.
  void add(Errand errand, web::Clock::time_point now, bool first = false);

  /// Returns the host that has waited longest of those that may be asked now, and keeps it from
  /// being returned again until `update` is called for it.
  CrawlHost* take_ready(web::Clock::time_point now);
  /// Finds anew when a host may be asked: after any change of it.
  void update(CrawlHost& host, web::Clock::time_point now);
  /// Returns when the first host may be asked; nothing: none waits for the time.
  std::optional<web::Clock::time_point> next_time() const;

  std::size_t size() const { return hosts_.size(); }

 private:
  CrawlHost& find(const std::string& origin, web::Clock::time_point now);
  void forget_idle(web::Clock::time_point now);

  web::PaceLimits limits_;
  std::unordered_map<std::string, std::unique_ptr<CrawlHost>> hosts_;
  /// Hosts by when they may be asked, and where each stands there.
  std::set<std::pair<web::Clock::time_point, CrawlHost*>> ready_;
  std::unordered_map<CrawlHost*, web::Clock::time_point> times_;
  std::size_t most_hosts_ = 20'000;
};

}  // namespace diptych::fetch
