#include "fetch/download.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.h"
#include "fetch/http.h"
#include "fetch/part_file.h"
#include "fetch/sha256.h"

namespace diptych::fetch {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstWait{500};
constexpr milliseconds kLongestWait{30'000};
constexpr std::chrono::seconds kLongestRetryAfter{600};
constexpr std::size_t kHashDigits = 64;
constexpr std::uint64_t kReportBytes = std::uint64_t{1} << 20;

bool is_hash(const std::string& text) {
  return text.size() == kHashDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// 500 ms, 1 s, 2 s, ...
milliseconds wait_before(int attempt) {
  return std::min(kLongestWait, kFirstWait * (1 << std::min(attempt - 1, 10)));
}

/// The fetching of one file, attempt by attempt.
class Fetcher {
 public:
  Fetcher(const Download& file, const DownloadOptions& options)
      : file_(file), options_(options), part_(file.path) {
    if (part_.origin() && part_.origin()->url != file.url) part_.restart({});
    resumed_ = part_.size();
  }

  /// False: there is no such file.
  bool fetch_all() {
    std::uint64_t furthest = part_.size();
    for (int attempt = 1;; ++attempt) {
      const Outcome outcome = fetch();
      if (outcome == Outcome::whole) return true;
      if (outcome == Outcome::absent) return discard(), false;
      if (part_.size() > furthest) attempt = 1;
      furthest = std::max(furthest, part_.size());
      if (attempt >= options_.attempts) give_up();
      wait(attempt);
    }
  }

  /// Checks the whole file and gives it its name.
  PulledFile finish() {
    PulledFile pulled{.path = file_.path, .bytes = part_.size(), .fetched = true};
    pulled.sha256 = sha256_of(part_.part_path(), [&](std::uint64_t done) {
      report(PullProgress::Phase::checking, done, part_.size());
    });
    const std::string& hub_hash = response_.hub_hash;
    const std::string expected = !file_.sha256.empty() ? file_.sha256
                                 : is_hash(hub_hash)   ? hub_hash
                                                       : std::string();
    if (!is_hash_of(expected, pulled.sha256)) {
      discard();
      fail(ErrorCode::corrupt_data, "{}: got SHA-256 {}, expected {} (removed {})", file_.url,
           pulled.sha256, expected, file_.path.string());
    }
    pulled.check = !file_.sha256.empty() ? PullCheck::published_hash
                   : !expected.empty()   ? PullCheck::server_hash
                   : total_              ? PullCheck::size
                                         : PullCheck::none;
    part_.commit();
    return pulled;
  }

 private:
  enum class Outcome { whole, absent, try_again };
  /// Ends a transfer that does not continue what is there.
  struct AnotherFile {};

  Outcome fetch() {
    const bool resume = part_.size() > 0 && !part_.origin()->validator.empty();
    const HttpRequest request{.url = file_.url,
                              .token = file_.token,
                              .first_byte = resume ? part_.size() : 0,
                              .validator = resume ? part_.origin()->validator : "",
                              .stall_seconds = options_.stall_seconds};
    try {
      const HttpResult result =
          http_get(request, {.begin = [&](const HttpResponse& response) { begin(response); },
                             .body = [&](std::span<const std::byte> bytes) { take(bytes); }});
      response_ = result.response;
      return result.failure.empty() ? judge() : judge_failure(result);
    } catch (const AnotherFile&) {
      reason_ = "the server has another file than was begun";
      return Outcome::try_again;
    }
  }

  /// A response has begun: continue the part, or start again.
  void begin(const HttpResponse& response) {
    total_ = response.complete_size ? response.complete_size : response.hub_size;
    if (!total_ && file_.bytes > 0) total_ = file_.bytes;
    check_size(response);
    const bool continued = response.status == 206;
    const bool fits = continued && response.range_first == part_.size() && part_.size() > 0 &&
                      (response.validator.empty() || response.validator == validator()) &&
                      (part_.origin()->size == 0 || part_.origin()->size == total_);
    if (continued && !fits) {
      part_.restart({});
      throw AnotherFile();
    }
    if (!continued) {
      resumed_ = 0;
      part_.restart({file_.url, response.validator, total_.value_or(0)});
    }
    check_space();
    report(PullProgress::Phase::fetching, part_.size(), total_.value_or(0));
  }

  std::string validator() const { return part_.origin() ? part_.origin()->validator : ""; }

  /// The sizes that are known agree, and are allowed.
  void check_size(const HttpResponse& response) {
    const std::uint64_t expected = file_.bytes > 0 ? file_.bytes : response.hub_size.value_or(0);
    if (!total_) return;
    if (expected > 0 && *total_ != expected) {
      discard();
      fail(ErrorCode::corrupt_data, "{}: got a file of {} bytes, expected {}", file_.url, *total_,
           expected);
    }
    if (file_.most_bytes > 0 && *total_ > file_.most_bytes) fail_too_long(file_.most_bytes);
  }

  void check_space() const {
    if (!total_ || *total_ <= part_.size()) return;
    std::error_code unknown;
    const auto space = std::filesystem::space(file_.path.parent_path(), unknown);
    if (unknown || space.available >= *total_ - part_.size()) return;
    fail(ErrorCode::io, "{}: {} bytes are to come, but only {} are free in {}", file_.url,
         *total_ - part_.size(), space.available, file_.path.parent_path().string());
  }

  void take(std::span<const std::byte> bytes) {
    const std::uint64_t size = part_.size() + bytes.size();
    if (total_ && size > *total_) fail_too_long(*total_);
    if (file_.most_bytes > 0 && size > file_.most_bytes) fail_too_long(file_.most_bytes);
    part_.write(bytes);
    report(PullProgress::Phase::fetching, part_.size(), total_.value_or(0));
  }

  [[noreturn]] void fail_too_long(std::uint64_t most) {
    discard();
    fail(ErrorCode::corrupt_data, "{}: got more than the {} bytes that were expected", file_.url,
         most);
  }

  /// What a complete response means.
  Outcome judge() {
    switch (response_.status) {
      case 200:
      case 206:
        if (!total_ || part_.size() == *total_) return Outcome::whole;
        reason_ = fmt::format("got {} of {} bytes", part_.size(), *total_);
        return Outcome::try_again;
      case 404:
      case 410:
        return Outcome::absent;
      case 416:
        return judge_unsatisfied_range();
      case 408:
      case 429:
      case 500:
      case 502:
      case 503:
      case 504:
        reason_ = fmt::format("the server answers {}", response_.status);
        return Outcome::try_again;
      default:
        fail_status();
    }
  }

  /// Nothing comes after what is there: it is the whole file, or of another one.
  Outcome judge_unsatisfied_range() {
    if (part_.size() > 0 && response_.complete_size == part_.size()) {
      total_ = response_.complete_size;
      return Outcome::whole;
    }
    part_.restart({});
    reason_ = "the server has another file than was begun";
    return Outcome::try_again;
  }

  Outcome judge_failure(const HttpResult& result) {
    reason_ = result.failure;
    if (!result.may_pass) fail(ErrorCode::io, "{}: {}", file_.url, reason_);
    return Outcome::try_again;
  }

  [[noreturn]] void fail_status() const {
    if (response_.status == 401 || response_.status == 403) {
      fail(ErrorCode::io,
           "{}: the server answers {}: {} (the Hugging Face Hub also answers so for a repository "
           "that it does not have)",
           file_.url, response_.status,
           file_.token.empty() ? "set HF_TOKEN to a token that may read it"
                               : "HF_TOKEN may not read it");
    }
    fail(ErrorCode::io, "{}: the server answers {}", file_.url, response_.status);
  }

  void wait(int attempt) {
    milliseconds time = wait_before(attempt);
    if (response_.retry_after > kLongestRetryAfter) {
      fail(ErrorCode::io, "{}: {}, and asks to wait for {} s; try again then", file_.url, reason_,
           response_.retry_after.count());
    }
    time = std::max<milliseconds>(time, response_.retry_after);
    if (options_.note) {
      options_.note(fmt::format("{}: {}; attempt {} of {} in {:.1f} s", file_.url, reason_,
                                attempt + 1, options_.attempts,
                                static_cast<double>(time.count()) / 1000.0));
    }
    options_.wait ? options_.wait(time) : std::this_thread::sleep_for(time);
  }

  [[noreturn]] void give_up() const {
    const bool kept = part_.size() > 0 && !validator().empty();
    fail(ErrorCode::io, "{}: {}; gave up after {} attempts{}", file_.url, reason_,
         options_.attempts,
         kept ? fmt::format(" ({} bytes are kept, a later pull goes on from there)", part_.size())
              : "");
  }

  void report(PullProgress::Phase phase, std::uint64_t done, std::uint64_t total) {
    const bool little = done > reported_ && done - reported_ < kReportBytes && done != total;
    if (!options_.progress || little) return;
    reported_ = done;
    options_.progress({.file = file_.path.filename().string(),
                       .phase = phase,
                       .done = done,
                       .resumed = phase == PullProgress::Phase::fetching ? resumed_ : 0,
                       .total = total});
  }

  void discard() { part_.discard(); }

  const Download& file_;
  const DownloadOptions& options_;
  PartFile part_;
  std::uint64_t resumed_ = 0;
  std::uint64_t reported_ = 0;
  std::optional<std::uint64_t> total_;  ///< size of the whole file
  HttpResponse response_;
  std::string reason_;  ///< why another attempt is needed
};

}  // namespace

bool is_hash_of(const std::string& expected, const std::string& sha256) {
  return sha256.starts_with(expected);
}

std::optional<PulledFile> download(const Download& file, const DownloadOptions& options) {
  Fetcher fetcher(file, options);
  if (!fetcher.fetch_all()) return std::nullopt;
  return fetcher.finish();
}

}  // namespace diptych::fetch
