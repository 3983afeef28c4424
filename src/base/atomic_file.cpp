#include "base/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace diptych {
namespace {

/// Makes a file by a name that nobody else has and from which replaced_name reads `path`. Returns
/// the name; an empty one when that fails, for which errno has the reason.
template <typename Make>
std::string make_beside(const std::filesystem::path& path, Make make) {
  static std::atomic<unsigned> count = 0;
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::string name =
        path.string() + "." + std::to_string(::getpid()) + "-" + std::to_string(count.fetch_add(1));
    if (make(name)) return name;
    if (errno != EEXIST) break;
  }
  return {};
}

/// Where the bytes of a file go that is called `path`.
std::filesystem::path replaced_file(const std::filesystem::path& path) {
  std::error_code unknown;
  if (std::filesystem::is_other(path, unknown))
    fail(ErrorCode::io, "cannot write {}: not a regular file", path.string());
  if (!std::filesystem::is_symlink(path, unknown)) return path;
  std::filesystem::path target = std::filesystem::canonical(path, unknown);
  if (unknown)
    fail(ErrorCode::io, "cannot write {}: a link to nothing that is there", path.string());
  return target;
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path, Existing existing)
    : path_(replaced_file(path)), existing_(existing) {
  const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
  descriptor_ = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  // Without /proc it could not get a name later.
  const bool can_be_named = descriptor_ >= 0 && ::access(unnamed_path().c_str(), F_OK) == 0;
  if (can_be_named) return;
  if (descriptor_ >= 0) ::close(descriptor_);
  open_named();
}

std::string AtomicFile::unnamed_path() const {
  return "/proc/self/fd/" + std::to_string(descriptor_);
}

void AtomicFile::open_named() {
  // With the permissions of any new file, without asking for the mask: one can only ask by changing
  // it, for all threads.
  temporary_ = make_beside(path_, [this](const std::string& name) {
    descriptor_ = ::open(name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    return descriptor_ >= 0;
  });
  if (temporary_.empty())
    fail(ErrorCode::io, "cannot write {}: {}", path_.string(), std::strerror(errno));
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(descriptor_, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail(ErrorCode::io, "cannot write {}: {}", path_.string(), std::strerror(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
}

void AtomicFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text)));
}

/// For the moment until it is renamed.
bool AtomicFile::give_name() {
  if (!temporary_.empty()) return true;
  temporary_ = make_beside(path_, [this](const std::string& name) {
    return ::linkat(AT_FDCWD, unnamed_path().c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) ==
           0;
  });
  return !temporary_.empty();
}

/// Under its own name, from the temporary one.
bool AtomicFile::place() {
  if (existing_ == Existing::kept) {
    const char* const temporary = temporary_.c_str();
    if (::renameat2(AT_FDCWD, temporary, AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) == 0)
      return true;
    // Some file systems cannot: there it is only seen whether the file was there a moment ago.
    if (errno != EINVAL && errno != ENOSYS) return false;
    if (::access(path_.c_str(), F_OK) == 0) {
      errno = EEXIST;
      return false;
    }
  }
  return std::rename(temporary_.c_str(), path_.c_str()) == 0;
}

void AtomicFile::commit() {
  bool synced = ::fsync(descriptor_) == 0;
  // Where nothing is replaced there is no moment at which it has another name.
  const bool is_placed =
      synced && temporary_.empty() &&
      ::linkat(AT_FDCWD, unnamed_path().c_str(), AT_FDCWD, path_.c_str(), AT_SYMLINK_FOLLOW) == 0;
  if (is_placed) {
    if (::close(std::exchange(descriptor_, -1)) == 0) return;
    fail(ErrorCode::io, "cannot write {}: {}", path_.string(), std::strerror(errno));
  }
  synced = synced && give_name();
  const int unsynced = errno;
  const bool closed = ::close(std::exchange(descriptor_, -1)) == 0;
  if (!synced || !closed || !place()) {
    const int reason = synced ? errno : unsynced;
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
    if (existing_ == Existing::kept && reason == EEXIST) refuse_earlier_result(path_);
    fail(ErrorCode::io, "cannot write {}: {}", path_.string(), std::strerror(reason));
  }
}

std::optional<std::string_view> replaced_name(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == 0 || dot == std::string_view::npos) return std::nullopt;
  const std::string_view ending = name.substr(dot + 1);
  const std::size_t dash = ending.find('-');
  const auto is_number = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const bool is_one = dash != std::string_view::npos && is_number(ending.substr(0, dash)) &&
                      is_number(ending.substr(dash + 1));
  return is_one ? std::optional(name.substr(0, dot)) : std::nullopt;
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace diptych
