#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace diptych {

/// A fixed set of threads that share the iterations of one loop at a time; of them no more wake
/// than there are iterations. The calling thread works too, so a pool of one starts no thread.
/// `run` may be called from several threads: the loops then take turns.
class ThreadPool {
 public:
  /// `threads`: how many work, the caller included, at most 1024; zero means one for each CPU this
  /// process may use. Throws Error(invalid_argument).
  explicit ThreadPool(int threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const noexcept { return static_cast<int>(workers_.size()) + 1; }

  /// Calls body(i) for every i in [0, count), in any order, and returns when all are done. The
  /// first exception is rethrown here after the rest has stopped. Must not be called from inside a
  /// body.
  void run(std::size_t count, const std::function<void(std::size_t)>& body);

 private:
  struct Loop;
  void work();
  void offer(Loop& loop, std::size_t helpers);
  void wait_for_helpers();
  static void take_iterations(Loop& loop);

  std::vector<std::thread> workers_;
  std::mutex one_loop_at_a_time_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable finished_;
  Loop* loop_ = nullptr;
  // Written under mutex_; atomic so that a thread may also look at them for a while before it
  // sleeps.
  std::atomic<std::size_t> places_ = 0;  ///< for workers that may still join the loop
  std::atomic<int> busy_ = 0;            ///< workers that have joined it
  bool stopping_ = false;
};

/// Returns the number of CPUs this process may run on, at least 1.
int available_cpus();

}  // namespace diptych
