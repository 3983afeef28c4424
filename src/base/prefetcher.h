#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace diptych {

/// Makes results ahead of their use on threads of its own, and hands them out in order. What is
/// made does not depend on the number of threads. `next` and `is_ready` are for one thread.
template <typename Ticket, typename Result>
class Prefetcher {
 public:
  /// Returns what the next result is made from, or nothing after the last. Called under a lock, one
  /// result after the other. Must not throw.
  using Issue = std::function<std::optional<Ticket>()>;
  /// Makes a result. Called from several threads at once; what it throws, `next` throws.
  using Make = std::function<Result(const Ticket&)>;

  /// At most `ahead` results (at least 1) are begun and not yet taken. Zero workers: `next` makes
  /// each result itself, on the calling thread.
  Prefetcher(int workers, std::uint64_t ahead, Issue issue, Make make)
      : issue_(std::move(issue)), make_(std::move(make)), ahead_(ahead) {
    // Not the lambda itself: std::thread's own types would carry its name into a library's exports.
    const std::function<void()> loop = [this] { work(); };
    for (int i = 0; i < workers; ++i) workers_.emplace_back(loop);
  }
  /// Waits for what is being made, and drops it.
  ~Prefetcher() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    wanted_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// Waits at most so long for the next result; returns whether it is there. With workers only.
  bool is_ready(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return ready_.wait_for(lock, patience, [this] { return finished_.contains(taken_); });
  }

  /// Returns the next result, waiting for it if need be, or nothing after the last.
  std::optional<Result> next() {
    if (workers_.empty()) {
      const std::optional<Ticket> ticket = issue_();
      return ticket ? std::optional<Result>(make_(*ticket)) : std::nullopt;
    }
    std::unique_lock lock(mutex_);
    ready_.wait(lock,
                [this] { return finished_.contains(taken_) || (ended_ && taken_ == issued_); });
    if (!finished_.contains(taken_)) return std::nullopt;
    Slot slot = std::move(finished_.extract(taken_).mapped());
    ++taken_;
    wanted_.notify_one();
    if (slot.error) std::rethrow_exception(slot.error);
    return std::move(slot.result);
  }

 private:
  struct Slot {
    std::optional<Result> result;
    std::exception_ptr error;
  };

  void work() {
    while (true) {
      std::unique_lock lock(mutex_);
      wanted_.wait(lock, [this] { return ended_ || issued_ < taken_ + ahead_; });
      if (ended_) return;
      const std::optional<Ticket> ticket = issue_();
      if (!ticket) return end();
      const std::uint64_t number = issued_++;
      lock.unlock();
      Slot slot;
      try {
        slot.result.emplace(make_(*ticket));
      } catch (...) {
        slot.error = std::current_exception();
      }
      lock.lock();
      finished_.emplace(number, std::move(slot));
      ready_.notify_one();
    }
  }

  /// Ends it; is called under the lock.
  void end() {
    ended_ = true;
    ready_.notify_one();
    wanted_.notify_all();
  }

  const Issue issue_;
  const Make make_;
  const std::uint64_t ahead_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  std::condition_variable ready_;
  std::map<std::uint64_t, Slot> finished_;
  std::uint64_t issued_ = 0;
  std::uint64_t taken_ = 0;
  bool ended_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace diptych
