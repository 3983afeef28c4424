#include "fetch/crawl_hosts.h"

#include <algorithm>

namespace diptych::fetch {

CrawlHost& CrawlHosts::find(const std::string& origin, web::Clock::time_point now) {
  std::unique_ptr<CrawlHost>& host = hosts_[origin];
  if (!host) host = std::make_unique<CrawlHost>(origin, limits_, now);
  return *host;
}

void CrawlHosts::add(Errand errand, web::Clock::time_point now, bool first) {
  if (hosts_.size() >= most_hosts_) forget_idle(now);
  CrawlHost& host = find(errand.url.origin, now);
  if (first) {
    host.waiting.push_front(std::move(errand));
  } else {
    host.waiting.push_back(std::move(errand));
  }
  if (!times_.contains(&host)) update(host, now);
}

CrawlHost* CrawlHosts::take_ready(web::Clock::time_point now) {
  if (ready_.empty() || ready_.begin()->first > now) return nullptr;
  CrawlHost* const host = ready_.begin()->second;
  ready_.erase(ready_.begin());
  times_.erase(host);
  return host;
}

void CrawlHosts::update(CrawlHost& host, web::Clock::time_point now) {
  if (const auto time = times_.find(&host); time != times_.end()) {
    ready_.erase({time->second, &host});
    times_.erase(time);
  }
  if (host.waiting.empty() || host.asks_robots || !host.pace.has_free_connection()) return;
  const web::Clock::time_point time = host.pace.next_start(now);
  times_.emplace(&host, time);
  ready_.emplace(time, &host);
}

std::optional<web::Clock::time_point> CrawlHosts::next_time() const {
  return ready_.empty() ? std::nullopt : std::optional(ready_.begin()->first);
}

void CrawlHosts::forget_idle(web::Clock::time_point now) {
  std::erase_if(hosts_, [now](const auto& entry) {
    const CrawlHost& host = *entry.second;
    return host.waiting.empty() && !host.asks_robots && host.pace.is_at_rest(now);
  });
  // Each look at all of them is paid for by as many new ones.
  most_hosts_ = std::max(most_hosts_, 2 * hosts_.size());
}

}  // namespace diptych::fetch
