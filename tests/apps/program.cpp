#include "apps/program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "support/support.h"

namespace diptych::test {
namespace {

void redirect(const std::filesystem::path& file, int flags, int to) {
  const int from = open(file.c_str(), flags, 0600);
  if (from < 0 || dup2(from, to) < 0) _exit(127);
}

[[noreturn]] void become(const char* program, const std::vector<std::string>& arguments,
                         const std::filesystem::path& folder, const std::filesystem::path& output) {
  redirect(folder / "input", O_RDONLY, STDIN_FILENO);
  redirect(output, O_WRONLY | O_CREAT, STDOUT_FILENO);
  redirect(folder / "errors", O_WRONLY | O_CREAT, STDERR_FILENO);
  std::vector<char*> argv = {const_cast<char*>(program)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(program, argv.data());
  _exit(127);
}

/// A signal for a program, sent once `when` holds of it, and of the folder with what it prints.
struct Signal {
  std::function<bool(pid_t program, const std::filesystem::path& folder)> when;
  int number = SIGKILL;
};

/// Whether a program has a handler for a signal. Until it is started, the process is this one's
/// copy, whose handlers are a sanitizer's.
bool catches(pid_t program, int signal) {
  const std::filesystem::path process("/proc/" + std::to_string(program));
  std::error_code gone;
  if (std::filesystem::equivalent(process / "exe", "/proc/self/exe", gone) || gone) return false;
  std::ifstream status(process / "status");
  for (std::string word; status >> word;) {
    std::uint64_t caught = 0;
    if (word == "SigCgt:" && status >> std::hex >> caught)
      return (caught >> (signal - 1) & 1U) != 0;
  }
  return false;
}

/// Waits for the end of a program, which the signals may bring about.
int wait_for(pid_t child, const std::vector<Signal>& signals, const std::filesystem::path& folder) {
  int state = 0;
  for (const Signal& signal : signals) {
    while (!signal.when(child, folder)) {
      const pid_t ended = waitpid(child, &state, WNOHANG);
      if (ended == child) return state;
      if (ended < 0) throw std::runtime_error("cannot wait");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    kill(child, signal.number);
  }
  if (waitpid(child, &state, 0) != child) throw std::runtime_error("cannot wait");
  return state;
}

ProgramRun run(const char* program, const std::vector<std::string>& arguments,
               const std::string& input, const std::vector<Signal>& signals = {},
               const std::filesystem::path& given_output = {}) {
  const TemporaryFolder folder;
  const std::filesystem::path output =
      given_output.empty() ? folder.path() / "output" : given_output;
  write_file(folder.path() / "input", input);
  // Whoever watches the run finds them from its beginning.
  for (const std::filesystem::path& file : {output, folder.path() / "errors"}) {
    if (!std::filesystem::exists(file)) write_file(file, "");
  }
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child == 0) become(program, arguments, folder.path(), output);
  const int state = wait_for(child, signals, folder.path());
  return {WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state),
          given_output.empty() ? read_text_file(output) : "",
          read_text_file(folder.path() / "errors")};
}

}  // namespace

int ProgramRun::error_lines() const {
  return static_cast<int>(std::count(errors.begin(), errors.end(), '\n'));
}

std::vector<std::string> without_replaced(const std::vector<std::string>& arguments) {
  std::vector<std::string> kept;
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
    const auto value = std::next(argument);
    const bool is_option = argument->starts_with("--") && value != arguments.end() &&
                           !value->starts_with("--") && *argument != "--template" &&
                           *argument != "--images";
    if (is_option && std::find(value, arguments.end(), *argument) != arguments.end()) {
      argument = value;
    } else {
      kept.push_back(*argument);
    }
  }
  return kept;
}

ProgramRun run_diptych(const std::vector<std::string>& arguments, const std::string& input,
                       const std::filesystem::path& output) {
  return run(DIPTYCH_PROGRAM, arguments, input, {}, output);
}

ProgramRun kill_diptych(const std::vector<std::string>& arguments,
                        const std::function<bool()>& when) {
  return run(DIPTYCH_PROGRAM, arguments, "",
             {{[&](pid_t, const auto&) { return when(); }, SIGKILL}});
}

ProgramRun interrupt_diptych(const std::vector<std::string>& arguments) {
  return run(DIPTYCH_PROGRAM, arguments, "",
             {{[](pid_t program, const auto&) { return catches(program, SIGINT); }, SIGINT}});
}

ProgramRun signal_diptych(const std::vector<std::string>& arguments, int signal) {
  return run(DIPTYCH_PROGRAM, arguments, "",
             {{[signal](pid_t program, const auto&) { return catches(program, signal); }, signal}});
}

ProgramRun interrupt_diptych(
    const std::vector<std::string>& arguments,
    const std::vector<std::function<bool(const ProgramRun& so_far)>>& moments) {
  std::vector<Signal> signals;
  for (const auto& moment : moments) {
    signals.push_back({[&moment](pid_t, const std::filesystem::path& folder) {
                         return moment({.output = read_text_file(folder / "output"),
                                        .errors = read_text_file(folder / "errors")});
                       },
                       SIGINT});
  }
  return run(DIPTYCH_PROGRAM, arguments, "", signals);
}

ProgramRun run_in_shell(const std::string& command, const std::filesystem::path& folder) {
  const std::string programs = std::filesystem::path(DIPTYCH_PROGRAM).parent_path().string();
  return run("/bin/sh",
             {"-c", "cd '" + folder.string() + "' && PATH='" + programs +
                        "':$PATH && export DIPTYCH_CACHE=cache && " + command},
             "");
}

ProgramRun run_demo(const std::vector<std::string>& arguments) {
  return run(DIPTYCH_DEMO, arguments, "");
}

}  // namespace diptych::test
