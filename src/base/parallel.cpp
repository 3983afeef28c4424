#include "base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>

#include "base/error.h"

namespace diptych {
namespace {

constexpr int kMaxThreads = 1024;

/// The loops of one small batch follow each other within microseconds, and waking a sleeping thread
/// takes longer than many of them run: so a thread that waits looks this often, giving way each
/// time, before it sleeps.
constexpr int kLooksBeforeSleep = 200;

template <typename Condition>
void look_for(const Condition& holds) {
  for (int i = 0; i < kLooksBeforeSleep && !holds(); ++i) std::this_thread::yield();
}

}  // namespace

struct ThreadPool::Loop {
  const std::function<void(std::size_t)>& body;
  std::size_t count;
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr error;
};

ThreadPool::ThreadPool(int threads) {
  if (threads < 0 || threads > kMaxThreads)
    fail(ErrorCode::invalid_argument, "threads: got {}, expected 0 to {}", threads, kMaxThreads);
  const int size = threads > 0 ? threads : available_cpus();
  workers_.reserve(static_cast<std::size_t>(size - 1));
  for (int i = 1; i < size; ++i) workers_.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::run(std::size_t count, const std::function<void(std::size_t)>& body) {
  const std::lock_guard turn(one_loop_at_a_time_);
  Loop loop{.body = body, .count = count};
  const std::size_t helpers = count == 0 ? 0 : std::min(count - 1, workers_.size());
  if (helpers > 0) offer(loop, helpers);
  take_iterations(loop);
  if (helpers > 0) wait_for_helpers();
  if (loop.error) std::rethrow_exception(loop.error);
}

void ThreadPool::offer(Loop& loop, std::size_t helpers) {
  {
    const std::lock_guard lock(mutex_);
    loop_ = &loop;
    places_ = helpers;
  }
  if (helpers == workers_.size()) return wake_.notify_all();
  for (std::size_t i = 0; i < helpers; ++i) wake_.notify_one();
}

void ThreadPool::wait_for_helpers() {
  {
    // Who has not come by now finds nothing left to do.
    const std::lock_guard lock(mutex_);
    places_ = 0;
  }
  look_for([this] { return busy_ == 0; });
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [this] { return busy_ == 0; });
}

void ThreadPool::work() {
  while (true) {
    Loop* loop = nullptr;
    look_for([this] { return places_ > 0; });
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || places_ > 0; });
      if (stopping_) return;
      --places_;
      ++busy_;
      loop = loop_;
    }
    take_iterations(*loop);
    const std::lock_guard lock(mutex_);
    if (--busy_ == 0) finished_.notify_one();
  }
}

void ThreadPool::take_iterations(Loop& loop) {
  for (std::size_t i = loop.next++; i < loop.count; i = loop.next++) {
    try {
      loop.body(i);
    } catch (...) {
      const std::lock_guard lock(loop.mutex);
      if (!loop.error) loop.error = std::current_exception();
      loop.next = loop.count;
    }
  }
}

int available_cpus() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace diptych
