#include "fetch/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "json/json.h"

namespace diptych::fetch {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr std::size_t kMostOriginBytes = std::size_t{1} << 16;

[[noreturn]] void fail_to_write(const fs::path& path) {
  fail(ErrorCode::io, "cannot write {}: {}", path.string(), std::strerror(errno));
}

/// Whether a descriptor still is the file of that name: another program may have finished it.
bool is_current(int descriptor, const fs::path& path) {
  struct stat opened = {};
  struct stat named = {};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace

PartFile::PartFile(fs::path path) : path_(std::move(path)) {
  open_and_lock();
  read_origin();
  struct stat status = {};
  if (::fstat(descriptor_, &status) != 0) fail_to_write(part_path());
  if (origin_) size_ = static_cast<std::uint64_t>(status.st_size);
}

PartFile::~PartFile() {
  if (descriptor_ < 0) return;
  if (size_ == 0 || origin_->validator.empty()) {
    discard();
  } else {
    ::close(descriptor_);
  }
}

fs::path PartFile::part_path() const {
  return path_.string() + ".part";
}

fs::path PartFile::origin_path() const {
  return path_.string() + ".part.json";
}

void PartFile::open_and_lock() {
  const fs::path part = part_path();
  do {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = ::open(part.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail_to_write(part);
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      ::close(std::exchange(descriptor_, -1));
      fail(ErrorCode::io, "cannot write {}: another program is pulling it", part.string());
    }
  } while (!is_current(descriptor_, part));
}

/// What cannot be read counts as absent: the worst that happens is a fetch from the start.
void PartFile::read_origin() {
  std::error_code absent;
  if (!fs::exists(origin_path(), absent)) return;
  const Json json = read_json(read_text_file(origin_path(), kMostOriginBytes)).value_or(Json());
  if (!json.is_object()) return;
  const auto text = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto size = json.find("size");
  const bool sized = size != json.end() && size->is_number_unsigned();
  origin_ = PartOrigin{text("url"), text("validator"), sized ? size->get<std::uint64_t>() : 0};
  if (origin_->validator.empty()) origin_.reset();
}

void PartFile::restart(const PartOrigin& origin) {
  // In this order: a part never lies beside an origin that it is not from.
  std::error_code absent;
  fs::remove(origin_path(), absent);
  if (::ftruncate(descriptor_, 0) != 0) fail_to_write(part_path());
  size_ = 0;
  origin_ = origin;
  if (origin.validator.empty()) return;
  const Json json = {{"url", origin.url}, {"validator", origin.validator}, {"size", origin.size}};
  write_file(origin_path(), json.dump(1, ' ', false, Json::error_handler_t::replace));
}

void PartFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(descriptor_, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) {
      fail(ErrorCode::io,
           "cannot write {}: {} ({} bytes are kept, a later pull goes on from there)",
           part_path().string(), std::strerror(errno), size_);
    }
    size_ += static_cast<std::uint64_t>(done);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
}

void PartFile::commit() {
  if (::fsync(descriptor_) != 0 || std::rename(part_path().c_str(), path_.c_str()) != 0) {
    fail_to_write(path_);
  }
  std::error_code absent;
  fs::remove(origin_path(), absent);
  ::close(std::exchange(descriptor_, -1));
}

void PartFile::discard() {
  std::error_code absent;
  fs::remove(origin_path(), absent);
  fs::remove(part_path(), absent);
  ::close(std::exchange(descriptor_, -1));
}

}  // namespace diptych::fetch
