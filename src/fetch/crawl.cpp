#include "fetch/crawl.h"

#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "fetch/crawl_hosts.h"
#include "fetch/transfer.h"
#include "web/retry.h"
#include "web/robots.h"
#include "web/url.h"

namespace diptych::fetch {

namespace {

using web::Clock;

constexpr auto kRobotsLifetime = std::chrono::hours(24);
/// How long a host is left alone whose robots.txt cannot be had.
constexpr auto kFailureLifetime = std::chrono::minutes(30);
/// How often a feed is asked again that had nothing.
constexpr auto kFeedPoll = std::chrono::milliseconds(10);
constexpr auto kLongestPoll = std::chrono::milliseconds(1000);

bool leads_on(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// A crawl: one thread that never waits for one host.
class Crawl {
 public:
  Crawl(const CrawlRules& rules, const CrawlFeed& feed)
      : rules_(rules), feed_(feed), hosts_(rules.pace) {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (ready != CURLE_OK || !multi_) fail(ErrorCode::internal, "libcurl: cannot be initialised");
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(rules.connections));
  }
  ~Crawl() {
    for (const auto& [handle, job] : jobs_) curl_multi_remove_handle(multi_.get(), handle);
  }
  Crawl(const Crawl&) = delete;
  Crawl& operator=(const Crawl&) = delete;

  void run() {
    while (true) {
      read_list();
      release_delayed();
      start_ready();
      if (is_at_end_ && known_ == 0) return;
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      if (!take_finished() && !may_read()) wait();
    }
  }

 private:
  /// A transfer that runs, for an errand or for a host's robots.txt.
  struct Job {
    std::unique_ptr<Transfer> transfer;
    CrawlHost* host = nullptr;  ///< stays: a host with a running transfer is not forgotten
    bool is_robots = false;
    Errand errand;
  };

  bool may_read() const { return !is_at_end_ && !is_held_up_ && known_ < rules_.waiting; }

  void read_list() {
    is_held_up_ = false;
    while (may_read()) {
      CrawlRequest request;
      const CrawlNext next = feed_.next(request);
      is_held_up_ = next == CrawlNext::later;
      is_at_end_ = next == CrawlNext::end;
      if (next != CrawlNext::url) return;
      ++known_;
      Errand errand{.id = request.id};
      const auto url = web::request_url(request.url);
      if (!url) {
        end(errand, "no web address", request.url.substr(0, 200));
        continue;
      }
      errand.url = *url;
      hosts_.add(std::move(errand), Clock::now());
    }
  }

  void release_delayed() {
    const Clock::time_point now = Clock::now();
    while (!delayed_.empty() && delayed_.begin()->first <= now) {
      hosts_.add(std::move(delayed_.begin()->second), now, /*first=*/true);
      delayed_.erase(delayed_.begin());
    }
  }

  void start_ready() {
    const Clock::time_point now = Clock::now();
    while (jobs_.size() < static_cast<std::size_t>(rules_.connections)) {
      CrawlHost* const host = hosts_.take_ready(now);
      if (host == nullptr) return;
      start_one(*host, now);
      hosts_.update(*host, now);
    }
  }

  /// Starts the next request to a host, or ends what may not be asked of it.
  void start_one(CrawlHost& host, Clock::time_point now) {
    if (rules_.robots && (!host.robots_until || *host.robots_until < now)) {
      host.asks_robots = true;
      host.robots_attempts += 1;
      return start({.url = host.origin + "/robots.txt",
                    .max_bytes = web::kMaxRobotsBytes,
                    .follow = true,
                    .cut = true},
                   host, true, {}, now);
    }
    while (!host.waiting.empty()) {
      Errand errand = std::move(host.waiting.front());
      host.waiting.pop_front();
      if (!host.robots_failure.empty()) {
        end(errand, host.robots_failure, host.robots_detail);
      } else if (rules_.robots && !host.rules.allows(errand.url.path)) {
        end(errand, "forbidden by robots.txt", {});
      } else {
        errand.attempts += 1;
        const TransferTarget target = {.url = errand.url.origin + errand.url.path,
                                       .max_bytes = rules_.max_bytes,
                                       .alone = errand.is_alone};
        return start(target, host, false, std::move(errand), now);
      }
    }
  }

  void start(TransferTarget target, CrawlHost& host, bool is_robots, Errand errand,
             Clock::time_point now) {
    Job job{.host = &host, .is_robots = is_robots, .errand = std::move(errand)};
    if (idle_.empty()) {
      job.transfer = std::make_unique<Transfer>(rules_);
    } else {
      job.transfer = std::move(idle_.back());
      idle_.pop_back();
    }
    job.transfer->prepare(std::move(target));
    host.pace.start(now);
    CURL* const handle = job.transfer->handle();
    if (curl_multi_add_handle(multi_.get(), handle) != CURLM_OK) {
      fail(ErrorCode::internal, "libcurl: cannot begin a transfer");
    }
    jobs_.emplace(handle, std::move(job));
  }

  /// Returns whether any transfer had ended.
  bool take_finished() {
    bool is_any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const handle = message->easy_handle;
      const CURLcode code = message->data.result;
      curl_multi_remove_handle(multi_.get(), handle);
      Job job = std::move(jobs_.extract(handle).mapped());
      TransferOutcome outcome = job.transfer->finish(code);
      idle_.push_back(std::move(job.transfer));
      job.host->pace.finish();
      if (job.is_robots) {
        take_robots(*job.host, std::move(outcome));
      } else {
        take_answer(*job.host, std::move(job.errand), std::move(outcome));
      }
      hosts_.update(*job.host, Clock::now());
      is_any = true;
    }
    return is_any;
  }

  void wait() {
    const Clock::time_point now = Clock::now();
    Clock::time_point until = now + (is_held_up_ ? kFeedPoll : kLongestPoll);
    const auto ready = hosts_.next_time();
    if (ready && jobs_.size() < static_cast<std::size_t>(rules_.connections)) {
      until = std::min(until, *ready);
    }
    if (!delayed_.empty()) until = std::min(until, delayed_.begin()->first);
    const auto patience = std::chrono::ceil<std::chrono::milliseconds>(until - now);
    if (patience.count() > 0) {
      curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(patience.count()), nullptr);
    }
  }

  /// RFC 9309, 2.3.1: a file that is not there allows everything, one that cannot be had nothing.
  /// A host that is too busy (429) says nothing of its file.
  void take_robots(CrawlHost& host, TransferOutcome outcome) {
    const Clock::time_point now = Clock::now();
    host.asks_robots = false;
    const bool is_there = outcome.failure.empty() && outcome.status == 200;
    const bool is_absent = outcome.failure.empty() && outcome.status >= 300 &&
                           outcome.status < 500 && outcome.status != 429;
    const bool may_pass = outcome.may_pass || web::may_succeed_later(outcome.status);
    if (!is_there && !is_absent && may_pass && host.robots_attempts <= rules_.retries &&
        outcome.retry_after <= longest_wait()) {
      return host.pace.hold_until(now + wait_of(outcome, host.robots_attempts, 0));
    }
    host.robots_attempts = 0;
    host.rules =
        is_there ? web::RobotsRules::parse(outcome.body, rules_.agents) : web::RobotsRules();
    host.robots_failure.clear();
    if (!is_there && !is_absent) {
      host.robots_failure = outcome.failure.empty() ? "robots.txt cannot be had" : outcome.failure;
      host.robots_detail = outcome.failure.empty() ? fmt::format("HTTP {}", outcome.status)
                                                   : "robots.txt: " + outcome.detail;
    }
    host.robots_until = now + (host.robots_failure.empty() ? kRobotsLifetime : kFailureLifetime);
    if (const auto delay = host.rules.crawl_delay()) host.pace.set_delay(*delay);
  }

  void take_answer(CrawlHost& host, Errand errand, TransferOutcome outcome) {
    // What an answer before had too much of: a host that states short lengths fails for itself.
    if (outcome.is_spoilt && !errand.is_alone) {
      errand.is_alone = true;
      errand.attempts -= 1;
      return hosts_.add(std::move(errand), Clock::now(), /*first=*/true);
    }
    if (!outcome.failure.empty()) {
      if (outcome.may_pass && errand.attempts <= rules_.retries) return retry(errand, outcome);
      return end(errand, outcome.failure, outcome.detail);
    }
    if (leads_on(outcome.status)) return redirect(std::move(errand), outcome.redirect);
    if (outcome.status == 200 && outcome.opt_out) {
      return end(errand, "opted out (X-Robots-Tag)", *outcome.opt_out);
    }
    if (outcome.status == 200) {
      --known_;
      return feed_.take(
          {.id = errand.id, .body = std::move(outcome.body), .attempts = errand.attempts});
    }
    if (web::may_succeed_later(outcome.status)) {
      const bool is_asked = outcome.retry_after.count() > 0 || outcome.status == 429;
      const bool is_bearable = outcome.retry_after <= longest_wait();
      // Who asks to be left alone is left alone for all URLs.
      if (is_asked) {
        host.pace.hold_until(
            Clock::now() + std::min(wait_of(outcome, errand.attempts, errand.id), longest_wait()));
      }
      if (is_bearable && errand.attempts <= rules_.retries) return retry(errand, outcome);
    }
    end(errand, fmt::format("HTTP {}", outcome.status), {});
  }

  void redirect(Errand errand, const std::string& to) {
    const auto url = web::request_url(to);
    if (!url) return end(errand, "redirects to no web address", to.substr(0, 200));
    if (errand.redirects >= rules_.max_redirects) return end(errand, "too many redirects", to);
    errand.redirects += 1;
    errand.attempts -= 1;
    errand.url = *url;
    hosts_.add(std::move(errand), Clock::now(), /*first=*/true);
  }

  void retry(const Errand& errand, const TransferOutcome& outcome) {
    delayed_.emplace(Clock::now() + wait_of(outcome, errand.attempts, errand.id), errand);
  }

  std::chrono::milliseconds longest_wait() const {
    return std::chrono::seconds(rules_.longest_wait_seconds);
  }
  static std::chrono::milliseconds wait_of(const TransferOutcome& outcome, int attempts,
                                           std::uint64_t seed) {
    return std::max<std::chrono::milliseconds>(outcome.retry_after,
                                               web::retry_delay(attempts, seed));
  }

  void end(const Errand& errand, std::string failure, std::string detail) {
    --known_;
    feed_.take({.id = errand.id,
                .failure = std::move(failure),
                .detail = std::move(detail),
                .body = {},
                .attempts = errand.attempts});
  }

  const CrawlRules& rules_;
  const CrawlFeed& feed_;
  CrawlHosts hosts_;
  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi_{curl_multi_init(),
                                                               curl_multi_cleanup};
  std::unordered_map<CURL*, Job> jobs_;
  std::vector<std::unique_ptr<Transfer>> idle_;
  /// What is tried again, by when.
  std::multimap<Clock::time_point, Errand> delayed_;
  std::size_t known_ = 0;  ///< URLs that were read and have no result
  bool is_at_end_ = false;
  bool is_held_up_ = false;  ///< the feed had nothing for now
};

}  // namespace

void crawl(const CrawlRules& rules, const CrawlFeed& feed) {
  Crawl(rules, feed).run();
}

}  // namespace diptych::fetch
