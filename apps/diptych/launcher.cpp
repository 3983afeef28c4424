#include "launcher.h"

#include <diptych/error.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "console.h"

namespace {

namespace fs = std::filesystem;
using diptych::Error;
using diptych::ErrorCode;
using Clock = std::chrono::steady_clock;

/// What tells a process its part: a folder of the launcher's, and its number.
constexpr const char* kFolderVariable = "DIPTYCH_LAUNCHER_FOLDER";
constexpr const char* kRankVariable = "DIPTYCH_LAUNCHER_RANK";
constexpr const char* kWorldVariable = "DIPTYCH_LAUNCHER_WORLD";

/// How long the others may take to end by themselves: most notice at once that one is gone, but not
/// within a computation.
constexpr std::chrono::seconds kGrace(3);

[[noreturn]] void fail_to(const char* what) {
  throw Error(ErrorCode::io,
              fmt::format("train: nproc: cannot {}: {}", what, std::strerror(errno)));
}

/// What a process was started with, as the system knows it.
std::vector<std::string> command_of(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/cmdline", process), std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  return words;
}

/// A new folder, removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "diptych-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) fail_to("make a folder for its processes");
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& path() const { return path_; }
  fs::path options() const { return path_ / "options.toml"; }
  fs::path errors_of(int rank) const { return path_ / fmt::format("errors.{}", rank); }

 private:
  fs::path path_;
};

/// Signals that are waited for instead of being handled, as long as one lives.
class AwaitedSignals {
 public:
  AwaitedSignals() {
    std::signal(SIGCHLD, SIG_DFL);  // ignored, ends would go unseen
    sigemptyset(&set_);
    for (const int signal : {SIGCHLD, SIGINT, SIGTERM}) sigaddset(&set_, signal);
    sigprocmask(SIG_BLOCK, &set_, &before_);
  }
  ~AwaitedSignals() { give_back(); }
  AwaitedSignals(const AwaitedSignals&) = delete;
  AwaitedSignals& operator=(const AwaitedSignals&) = delete;

  void give_back() const { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  /// The next one, or nothing after so long.
  std::optional<int> next(std::chrono::milliseconds patience) const {
    const timespec time = {.tv_sec = patience.count() / 1000,
                           .tv_nsec = patience.count() % 1000 * 1'000'000};
    const int signal = sigtimedwait(&set_, nullptr, &time);
    return signal > 0 ? std::optional<int>(signal) : std::nullopt;
  }

 private:
  sigset_t set_ = {};
  sigset_t before_ = {};
};

struct Process {
  pid_t number = 0;
  std::optional<int> state = std::nullopt;  ///< as waitpid gives it, once it has ended

  bool is_done() const { return state && WIFEXITED(*state) && WEXITSTATUS(*state) == 0; }
  /// Whether its end is a failure of its own.
  bool has_failed() const {
    return state && !is_done() && !(WIFEXITED(*state) && WEXITSTATUS(*state) == kEndedByOthers);
  }
};

/// Starts the processes of one training, and sees them to their end.
class Launch {
 public:
  Launch(const diptych::TrainOptions& options, const std::vector<std::string>& flags)
      : world_(options.processes), flags_(flags) {
    std::ofstream file(folder_.options());
    file << diptych::write_train_options(options);
    if (!file.flush()) fail_to("write the options for its processes");
  }

  int run() {
    for (int rank = 0; rank < world_; ++rank) start(rank);
    while (!all_ended()) wait_for_signal();
    return status();
  }

 private:
  void start(int rank) {
    const pid_t launcher = ::getpid();
    const pid_t process = ::fork();
    if (process < 0) {
      end_all();
      fail_to("start a process");
    }
    if (process == 0) become(rank, launcher);
    processes_.push_back({.number = process});
  }

  /// The program itself once more, before it has loaded anything: libtorch does not survive a fork.
  [[noreturn]] void become(int rank, pid_t launcher) const {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != launcher) ::_exit(kEndedByOthers);
    signals_.give_back();
    ::setenv(kFolderVariable, folder_.path().c_str(), 1);
    ::setenv(kRankVariable, std::to_string(rank).c_str(), 1);
    ::setenv(kWorldVariable, std::to_string(world_).c_str(), 1);
    if (rank > 0) silence(folder_.errors_of(rank));
    std::vector<std::string> words = {"diptych", "train", folder_.options().string()};
    words.insert(words.end(), flags_.begin(), flags_.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv("/proc/self/exe", arguments.data());
    print_error(fmt::format("train: nproc: cannot start a process: {}", std::strerror(errno)));
    ::_exit(diptych::exit_status(ErrorCode::io));
  }

  /// What it reports is the first process's; what it says of its end is kept for the launcher.
  static void silence(const fs::path& errors) {
    const int nothing = ::open("/dev/null", O_WRONLY);
    const int file = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (nothing < 0 || file < 0 || ::dup2(nothing, STDOUT_FILENO) < 0 ||
        ::dup2(file, STDERR_FILENO) < 0)
      ::_exit(diptych::exit_status(ErrorCode::io));
  }

  bool all_ended() const {
    return std::all_of(processes_.begin(), processes_.end(),
                       [](const Process& process) { return process.state.has_value(); });
  }

  void wait_for_signal() {
    constexpr std::chrono::milliseconds kTick(200);
    const std::optional<int> signal = signals_.next(kTick);
    if (signal && *signal != SIGCHLD) pass_on(*signal);
    note_ends();
    if (ends_at_ && Clock::now() >= *ends_at_) end_all();
  }

  void pass_on(int signal) {
    asked_by_ = signal;
    for (const Process& process : processes_) {
      if (!process.state) ::kill(process.number, signal);
    }
  }

  void note_ends() {
    int state = 0;
    for (pid_t ended = 0; (ended = ::waitpid(-1, &state, WNOHANG)) > 0;) {
      const auto process = std::ranges::find(processes_, ended, &Process::number);
      if (process == processes_.end()) continue;
      process->state = state;
      const auto rank = static_cast<int>(process - processes_.begin());
      if (!cause_ && process->has_failed()) cause_ = rank;
      // The first one ends last where all is well: it writes what was learnt.
      if (!ends_at_ && (rank == 0 || !process->is_done())) ends_at_ = Clock::now() + kGrace;
    }
  }

  void end_all() {
    for (const Process& process : processes_) {
      if (!process.state) ::kill(process.number, SIGKILL);
    }
  }

  int status() const {
    if (!cause_) return lost_status();
    // What all of them meet, as bad data, the first one has said.
    const Process& first = processes_.front();
    const bool first_said = first.has_failed() && WIFEXITED(*first.state);
    const int cause = first_said ? 0 : *cause_;
    const int state = *processes_[static_cast<std::size_t>(cause)].state;
    if (WIFEXITED(state)) {
      if (cause > 0) print_error(last_error_of(cause));
      return WEXITSTATUS(state);
    }
    const int signal = WTERMSIG(state);
    // Asked a second time, or before there was anything to save.
    if (signal == asked_by_) return 128 + signal;
    print_error(
        fmt::format("train: rank {} of {} was ended by signal {} ({}), and the run with it: "
                    "--resume latest goes on from its last checkpoint",
                    cause, world_, signal, ::strsignal(signal)));
    return diptych::exit_status(ErrorCode::cancelled);
  }

  /// Of a run in which no process failed by itself.
  int lost_status() const {
    const bool is_done = std::all_of(processes_.begin(), processes_.end(),
                                     [](const Process& process) { return process.is_done(); });
    if (is_done) return 0;
    print_error(
        "train: the processes of the run lost each other: --resume latest goes on from its "
        "last checkpoint");
    return diptych::exit_status(ErrorCode::io);
  }

  std::string last_error_of(int rank) const {
    std::ifstream file(folder_.errors_of(rank));
    std::string last;
    for (std::string line; std::getline(file, line);) {
      if (!line.empty()) last = line;
    }
    constexpr std::string_view kProgram = "diptych: ";
    if (last.starts_with(kProgram)) last.erase(0, kProgram.size());
    return last.empty() ? fmt::format("train: rank {} of {} ended without a word", rank, world_)
                        : last;
  }

  const int world_;
  const std::vector<std::string> flags_;
  const Folder folder_;
  const AwaitedSignals signals_;
  std::vector<Process> processes_;
  std::optional<int> cause_;  ///< the rank of the first that failed by itself
  std::optional<Clock::time_point> ends_at_;
  int asked_by_ = 0;  ///< the signal that was passed on
};

}  // namespace

int launch_processes(const diptych::TrainOptions& options, const std::vector<std::string>& flags) {
  return Launch(options, flags).run();
}

std::optional<diptych::TrainProcess> launched_process() {
  const char* folder = std::getenv(kFolderVariable);
  const char* rank = std::getenv(kRankVariable);
  const char* world = std::getenv(kWorldVariable);
  if (folder == nullptr || rank == nullptr || world == nullptr) return std::nullopt;
  return diptych::TrainProcess{.rank = std::atoi(rank),
                               .world = std::atoi(world),
                               .meeting_point = fmt::format("file://{}/meeting", folder),
                               .command = command_of(::getppid())};
}
