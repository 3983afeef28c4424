#include "train/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/folders.h"

namespace diptych::train {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCheckpointEnding = ".safetensors";
constexpr std::string_view kEpochPrefix = "epoch_";
constexpr auto kModelFiles = std::to_array<std::string_view>(
    {"model.safetensors", "diptych.json", "vocabulary.txt", "vocabulary.model", "vocabulary.bpe"});

std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error))
    names.push_back(i->path().filename().string());
  return names;
}

/// The N of epoch_N.safetensors.
std::optional<std::uint64_t> epoch_of(std::string_view name) {
  if (!name.starts_with(kEpochPrefix) || !name.ends_with(kCheckpointEnding)) return std::nullopt;
  name.remove_prefix(kEpochPrefix.size());
  name.remove_suffix(kCheckpointEnding.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

bool is_checkpoint(std::string_view name) {
  return name == "latest.safetensors" || epoch_of(name).has_value();
}

bool is_ours(std::string_view name) {
  return is_checkpoint(name) || name == "options.toml" || name == "run.json" ||
         name == "run.json.damaged" || name == "log.jsonl" || name == "report.html" ||
         std::ranges::find(kModelFiles, name) != kModelFiles.end();
}

/// Whether a name is one that a file of ours had when its writing was killed.
bool is_leftover(std::string_view name) {
  const auto replaced = replaced_name(name);
  return replaced && is_ours(*replaced);
}

/// The number of the process that wrote it.
std::string owner_of(int file) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  const std::string_view all(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return std::string(all.substr(0, all.find('\n')));
}

/// Whether the path still names the open file: the process that had it may have removed it.
bool is_same_file(int file, const fs::path& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(file, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

}  // namespace

RunFolder::RunFolder(fs::path path, Access access) : path_(std::move(path)) {
  if (access == Access::reads) return;
  make_folders(checkpoints());
  lock();
  remove_leftovers();
}

RunFolder::~RunFolder() {
  if (lock_ < 0) return;
  std::error_code ignored;
  fs::remove(path_ / "lock", ignored);
  ::close(lock_);
  // Both fail, as they should, when something is inside, and for a link to a folder elsewhere.
  ::rmdir(checkpoints().c_str());
  ::rmdir(path_.c_str());
}

void RunFolder::lock() {
  const fs::path path = path_ / "lock";
  do {
    if (lock_ >= 0) ::close(lock_);
    lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock_ < 0)
      fail(ErrorCode::io, "train: logs: cannot write {}: {}", path.string(), std::strerror(errno));
    // Some network file systems have no locks: there a run goes unguarded, as everywhere else.
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      const std::string owner = owner_of(lock_);
      ::close(std::exchange(lock_, -1));
      fail(ErrorCode::io,
           "train: process {} is at work in {}: wait for its end, or give another --name", owner,
           path_.string());
    }
  } while (!is_same_file(lock_, path));
  const std::string owner = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock_, 0) != 0 || ::pwrite(lock_, owner.data(), owner.size(), 0) < 0)
    fail(ErrorCode::io, "train: logs: cannot write {}: {}", path.string(), std::strerror(errno));
}

void RunFolder::remove_leftovers() const {
  std::error_code ignored;
  for (const fs::path& folder : {path_, checkpoints(), model(), averaged_model()}) {
    for (const std::string& name : files_in(folder)) {
      if (is_leftover(name)) fs::remove(folder / name, ignored);
    }
  }
}

bool RunFolder::has_run() const {
  const std::vector<std::string> names = files_in(checkpoints());
  return std::ranges::any_of(names, is_checkpoint) || fs::exists(model());
}

void RunFolder::remove_run_after(std::uint64_t epoch) const {
  for (const std::string& name : files_in(checkpoints())) {
    const auto number = epoch_of(name);
    if (is_checkpoint(name) && number.value_or(epoch + 1) > epoch) fs::remove(checkpoints() / name);
  }
  for (const fs::path& folder : {model(), averaged_model()}) {
    for (const std::string_view name : kModelFiles) fs::remove(folder / name);
    std::error_code not_empty;
    fs::remove(folder, not_empty);
  }
}

void RunFolder::part_latest() const {
  std::error_code unknown;
  const fs::path kept = fs::canonical(latest(), unknown);
  const fs::path folder = fs::canonical(checkpoints(), unknown);
  if (!fs::is_symlink(latest(), unknown) || kept.parent_path() != folder) return;
  const fs::path copy = latest().string() + "." + std::to_string(::getpid()) + "-0";
  std::error_code problem;
  fs::create_hard_link(kept, copy, problem);
  if (problem) fs::copy_file(kept, copy, problem);
  if (!problem) fs::rename(copy, latest(), problem);
  if (problem) fail(ErrorCode::io, "cannot write {}: {}", latest().string(), problem.message());
}

std::vector<std::uint64_t> RunFolder::epochs() const {
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : files_in(checkpoints())) {
    if (const auto number = epoch_of(name)) numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

fs::path RunFolder::checkpoint(const std::string& name) const {
  return checkpoints() / (name + std::string(kCheckpointEnding));
}

fs::path RunFolder::epoch(std::uint64_t number) const {
  return checkpoint(std::string(kEpochPrefix) + std::to_string(number));
}

}  // namespace diptych::train
