#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

#include "base/error.h"

namespace diptych {
namespace {

/// An open file descriptor that closes itself. Opening does not wait, as it would for a pipe
/// without a writer; on a regular file that changes nothing.
class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& path)
      : value_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (value_ < 0) {
      const ErrorCode code = errno == ENOENT ? ErrorCode::not_found : ErrorCode::io;
      fail(code, "cannot open {}: {}", path.string(), std::strerror(errno));
    }
  }
  ~Descriptor() { ::close(value_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }

 private:
  int value_;
};

std::size_t regular_file_size(const Descriptor& file, const std::filesystem::path& path) {
  struct stat status = {};
  if (::fstat(file.value(), &status) != 0) {
    fail(ErrorCode::io, "cannot read {}: {}", path.string(), std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode))
    fail(ErrorCode::io, "cannot read {}: not a regular file", path.string());
  return static_cast<std::size_t>(status.st_size);
}

template <typename Container>
Container read_whole(const std::filesystem::path& path, std::size_t max_bytes) {
  const Descriptor file(path);
  const std::size_t size = regular_file_size(file, path);
  if (size > max_bytes) {
    fail(ErrorCode::out_of_memory, "file too large: got {} bytes, expected at most {} ({})", size,
         max_bytes, path.string());
  }
  Container content(size, {});
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(file.value(), content.data() + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      fail(ErrorCode::io, "cannot read {}: got {} bytes, expected {}", path.string(), done, size);
    }
    done += static_cast<std::size_t>(got);
  }
  return content;
}

/// Where files are mapped in this process, so that nobody gives away pages of other memory, which
/// would lose their content.
class Mappings {
 public:
  void add(const std::byte* begin, std::size_t size) {
    const std::lock_guard lock(mutex_);
    ends_.emplace(begin, begin + size);
  }
  void remove(const std::byte* begin) {
    const std::lock_guard lock(mutex_);
    ends_.erase(begin);
  }
  /// Calls `act` while the mapping that holds all of `bytes` stays; not when there is none.
  template <typename Act>
  void with_mapping(std::span<const std::byte> bytes, const Act& act) {
    const std::lock_guard lock(mutex_);
    const auto next = ends_.upper_bound(bytes.data());
    if (next == ends_.begin()) return;
    const std::byte* end = std::prev(next)->second;
    if (std::greater_equal<>()(end, bytes.data() + bytes.size())) act();
  }

 private:
  std::mutex mutex_;
  std::map<const std::byte*, const std::byte*, std::less<>> ends_;
};

/// Never destroyed: files may be unmapped as late as the program's statics are.
Mappings& mappings() {
  static Mappings& all = *new Mappings;
  return all;
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) : name_(path.string()) {
  const Descriptor file(path);
  size_ = regular_file_size(file, path);
  if (size_ == 0) return;
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.value(), 0);
  if (address == MAP_FAILED) fail(ErrorCode::io, "cannot map {}: {}", name_, std::strerror(errno));
  data_ = static_cast<const std::byte*>(address);
  mappings().add(data_, size_);
}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  mappings().remove(data_);
  ::munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::release_pages(std::span<const std::byte> bytes) noexcept {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<std::uintptr_t>(bytes.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(bytes.data() + bytes.size()) / page * page;
  if (begin >= end) return;
  mappings().with_mapping(
      bytes, [&] { ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED); });
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : name_(std::move(other.name_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(name_, other.name_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

std::vector<std::byte> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  return read_whole<std::vector<std::byte>>(path, max_bytes);
}

std::string read_text_file(const std::filesystem::path& path, std::size_t max_bytes) {
  return read_whole<std::string>(path, max_bytes);
}

}  // namespace diptych
