#include "curate/download/work_queue.h"

#include <utility>

namespace diptych::curate {

WorkQueue::WorkQueue(int threads) {
  const std::function<void()> loop = [this] { work(); };
  for (int i = 0; i < threads; ++i) threads_.emplace_back(loop);
}

WorkQueue::~WorkQueue() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    tasks_.clear();
  }
  wanted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkQueue::add(std::function<void()> task) {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return tasks_.size() < 4 * threads_.size() || error_; });
  rethrow();
  tasks_.push_back(std::move(task));
  wanted_.notify_one();
}

void WorkQueue::finish() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return (tasks_.empty() && running_ == 0) || error_; });
  rethrow();
}

void WorkQueue::rethrow() {
  if (error_) std::rethrow_exception(error_);
}

void WorkQueue::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wanted_.wait(lock, [this] { return is_ending_ || !tasks_.empty(); });
    if (is_ending_) return;
    const std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    ++running_;
    lock.unlock();
    std::exception_ptr error;
    try {
      task();
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    --running_;
    if (error && !error_) error_ = error;
    done_.notify_all();
  }
}

}  // namespace diptych::curate
