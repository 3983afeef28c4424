#include "progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace {

using namespace std::chrono_literals;

constexpr auto kFirstBar = 500ms;
constexpr auto kBarInterval = 100ms;
constexpr auto kLineInterval = 10s;
constexpr std::size_t kBarWidth = 30;
constexpr const char* kClearLine = "\r\x1b[K";

}  // namespace

Progress::Progress(std::string what)
    : what_(std::move(what)),
      terminal_(isatty(STDERR_FILENO) != 0),
      next_(start_ + (terminal_ ? Clock::duration(kFirstBar) : Clock::duration(kLineInterval))) {}

Progress::~Progress() {
  if (drawn_) std::fputs(kClearLine, stderr);
}

void Progress::show(std::size_t done, std::size_t total) {
  const Clock::time_point now = Clock::now();
  if (now < next_ || total == 0) return;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = static_cast<double>(done - std::min(begun_at_, done)) / seconds;
  const double left = rate > 0 ? static_cast<double>(total - done) / rate : 0.0;
  const std::string numbers =
      fmt::format("{} of {} {}, {:.0f}/s, {:.0f} s left", done, total, what_, rate, left);
  if (terminal_) {
    const std::size_t full = std::min(kBarWidth, kBarWidth * done / total);
    const std::string bar = std::string(full, '#') + std::string(kBarWidth - full, '.');
    fmt::print(stderr, "{}[{}] {}", kClearLine, bar, numbers);
    drawn_ = true;
    next_ = now + kBarInterval;
  } else {
    fmt::print(stderr, "{}\n", numbers);
    next_ = now + kLineInterval;
  }
  std::fflush(stderr);
}
