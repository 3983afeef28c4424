#include "curate/unfinished_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/folders.h"
#include "base/mapped_file.h"
#include "diptych/stage_folder.h"

namespace diptych {

namespace curate {

namespace {

constexpr const char* kMark = "UNFINISHED";

bool has_other_files(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::directory_iterator files(folder, error);
  return std::any_of(begin(files), end(files),
                     [](const auto& file) { return file.path().filename() != kMark; });
}

/// Removes what a run left that was killed while it replaced files.
void remove_left_over(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (replaced_name(file.path().filename().native())) files.push_back(file.path());
  }
  std::error_code ignored;
  for (const std::filesystem::path& file : files) std::filesystem::remove(file, ignored);
}

}  // namespace

UnfinishedFolder::UnfinishedFolder(std::filesystem::path folder, const std::string& command)
    : folder_(std::move(folder)), mark_(folder_ / kMark) {
  std::error_code error;
  const bool is_marked = !command.empty() && std::filesystem::exists(mark_, error);
  if (!is_marked && has_other_files(folder_)) {
    fail(ErrorCode::invalid_argument,
         "output: got a folder that has files, expected a new or empty one ({})", folder_.string());
  }
  refuse_file_name(folder_);
  make_folders(folder_);
  if (!command.empty()) take_up(command);
}

UnfinishedFolder::~UnfinishedFolder() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void UnfinishedFolder::take_up(const std::string& command) {
  descriptor_ = ::open(mark_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0)
    fail(ErrorCode::io, "cannot write {}: {}", mark_.string(), std::strerror(errno));
  // The system lets go of it, whatever ends the process.
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    fail(ErrorCode::io, "output: got a folder that another process fills ({})", folder_.string());
  }
  if (read_text_file(mark_) == command) return remove_left_over(folder_);
  // A run that was killed while it wrote the mark has written nothing else.
  if (!has_other_files(folder_)) return write_command(command);
  fail(ErrorCode::invalid_argument,
       "output: got a folder that another command left unfinished, expected the same command or "
       "another folder ({})",
       mark_.string());
}

void UnfinishedFolder::write_command(const std::string& command) const {
  const auto size = static_cast<ssize_t>(command.size());
  if (::ftruncate(descriptor_, 0) == 0 &&
      ::pwrite(descriptor_, command.data(), command.size(), 0) == size &&
      ::fsync(descriptor_) == 0) {
    return;
  }
  fail(ErrorCode::io, "cannot write {}: {}", mark_.string(), std::strerror(errno));
}

void UnfinishedFolder::finish() {
  if (descriptor_ < 0) return;
  std::error_code error;
  std::filesystem::remove(mark_, error);
  if (error) fail(ErrorCode::io, "cannot remove {}: {}", mark_.string(), error.message());
}

}  // namespace curate

void claim_folder(const std::filesystem::path& folder, const std::string& stage,
                  const std::string& command) {
  refuse_file_name(folder);
  make_folders(folder);
  const std::filesystem::path file = folder / (stage + ".command");
  std::error_code error;
  if (!std::filesystem::exists(file, error)) write_file(file, command);
  // Another process may have been quicker.
  if (read_text_file(file) == command) return;
  fail(ErrorCode::invalid_argument,
       "output: got a folder of the same stage with other options, expected the same or another "
       "folder ({})",
       file.string());
}

}  // namespace diptych
