#include "shrunk_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <string_view>

namespace {

/// In a signal's handler nothing may be called: as `exit_status` of ErrorCode::io.
constexpr int kCannotReadOn = 4;

/// Where it cannot be said, the status still does.
void say(std::string_view text) {
  [[maybe_unused]] const auto said = write(STDERR_FILENO, text.data(), text.size());
}

/// "BEGIN-END perms offset device inode   NAME" of /proc/self/maps: the name, where the address is
/// between the two.
std::string_view name_at(std::string_view line, std::uintptr_t address) {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  const char* const last = line.data() + line.size();
  const auto first = std::from_chars(line.data(), last, begin, 16);
  if (first.ptr == last) return {};
  std::from_chars(first.ptr + 1, last, end, 16);
  const std::size_t name = line.find('/');
  const bool is_there = begin <= address && address < end && name != std::string_view::npos;
  return is_there ? line.substr(name) : std::string_view();
}

/// Says which mapped file an address is of, in words that end the message. Without allocating: the
/// signal may have come anywhere.
void say_file_at(std::uintptr_t address) {
  static std::array<char, 1 << 13> text;
  const int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  std::size_t held = 0;
  while (maps >= 0) {
    const ssize_t got = read(maps, text.data() + held, text.size() - held);
    if (got <= 0) return;
    held += static_cast<std::size_t>(got);
    std::string_view rest(text.data(), held);
    for (std::size_t end = 0; (end = rest.find('\n')) != std::string_view::npos;
         rest.remove_prefix(end + 1)) {
      const std::string_view name = name_at(rest.substr(0, end), address);
      if (name.empty()) continue;
      say(" (");
      say(name);
      return say(")");
    }
    std::copy(rest.begin(), rest.end(), text.begin());
    held = rest.size() < text.size() ? rest.size() : 0;
  }
}

void end_of_reading(int /*signal*/, siginfo_t* info, void* /*context*/) {
  say("diptych: cannot read on: a file got shorter while it was read, or its disk failed");
  say_file_at(reinterpret_cast<std::uintptr_t>(info->si_addr));
  say("\n");
  _exit(kCannotReadOn);
}

}  // namespace

void say_when_a_file_shrinks() {
  struct sigaction action = {};
  action.sa_sigaction = end_of_reading;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
}
