#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace diptych::curate {

/// Threads that take tasks in order from a queue of bounded length. `add` and `finish` are for one
/// thread.
class WorkQueue {
 public:
  /// `threads` at least 1. At most 4 tasks a thread wait.
  explicit WorkQueue(int threads);
  /// Waits for the tasks that run, and drops the others.
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  /// Adds a task, waiting for room. Throws what a task before it threw.
  void add(std::function<void()> task);
  /// Waits until all tasks are done. Throws what one of them threw.
  void finish();

 private:
  void work();
  void rethrow();

  std::mutex mutex_;
  std::condition_variable wanted_;
  std::condition_variable done_;
  std::deque<std::function<void()>> tasks_;
  std::size_t running_ = 0;
  std::exception_ptr error_;
  bool is_ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace diptych::curate
