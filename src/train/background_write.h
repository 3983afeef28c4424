#pragma once

#include <functional>
#include <future>

namespace diptych::train {

/// A write on a thread of its own, one at a time, while whoever began it goes on. The destructor
/// waits for the last one, whose error is then lost: `finish` before. Not thread-safe.
class BackgroundWrite {
 public:
  /// Begins to write; the one before must be finished.
  void begin(std::function<void()> write);
  /// Throws what a write that is over has thrown. Does not wait.
  void check();
  /// Waits until nothing is being written. Throws what the write has thrown.
  void finish();

 private:
  std::future<void> writing_;
};

}  // namespace diptych::train
