#include "interruption.h"

#include <fmt/core.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>

namespace {

std::atomic<bool> is_requested = false;
std::atomic<std::int64_t> requested_at = 0;
/// Written before the handlers are there, so that they only read it.
std::string note;
static_assert(std::atomic<bool>::is_always_lock_free);
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

constexpr std::int64_t kHalfASecond = 500'000'000;

std::int64_t now() {
  timespec time = {};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

void request(int signal_number) {
  if (is_requested) {
    // One Ctrl-C may arrive twice: from the terminal, and from a program like timeout.
    if (now() - requested_at < kHalfASecond) return;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
    return;
  }
  requested_at = now();
  is_requested = true;
  // Nobody is left to be told when this fails.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, note.data(), note.size());
}

void set_handler(int signal, void (*handler)(int), int flags) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

Interruption::Interruption(std::string_view unit) {
  note = unit.empty()
             ? ""
             : fmt::format("diptych: ending after this {}; once more to end at once\n", unit);
  is_requested = false;
  for (const int signal : {SIGINT, SIGTERM}) {
    set_handler(signal, request, SA_RESTART);
  }
}

Interruption::~Interruption() {
  for (const int signal : {SIGINT, SIGTERM}) set_handler(signal, SIG_DFL, 0);
}

bool Interruption::requested() const {
  return is_requested;
}
