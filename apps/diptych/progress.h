#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

/// How far long work has come, on stderr: a bar that is redrawn on a terminal, elsewhere a plain
/// line every ten seconds. Short work shows nothing.
class Progress {
 public:
  /// `what` is counted: "pictures", "texts".
  explicit Progress(std::string what);
  /// Clears the bar.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Sets what was done before and says nothing about the rate. Default: nothing.
  void begin_at(std::size_t done) { begun_at_ = done; }
  void show(std::size_t done, std::size_t total);
  /// Returns `show`, as the library's options take it. Valid as long as this object.
  std::function<void(std::size_t, std::size_t)> callback() {
    return [this](std::size_t done, std::size_t total) { show(done, total); };
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::string what_;
  bool terminal_;
  bool drawn_ = false;
  std::size_t begun_at_ = 0;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_;
};
