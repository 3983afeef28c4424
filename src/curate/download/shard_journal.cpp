#include "curate/download/shard_journal.h"

#include <fcntl.h>
#include <libdeflate.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace diptych::curate {

namespace {

/// Before each entry. In the machine's byte order: a journal stays where it was made.
struct Head {
  std::uint32_t index = 0;
  std::uint32_t checksum = 0;  ///< CRC-32 of the two parts
  std::uint32_t json_bytes = 0;
  std::uint32_t picture_bytes = 0;

  std::uint64_t size() const {
    return sizeof(Head) + std::uint64_t{json_bytes} + std::uint64_t{picture_bytes};
  }
};

std::uint32_t checksum_of(const JournalEntry& entry) {
  const std::uint32_t json = libdeflate_crc32(0, entry.json.data(), entry.json.size());
  return libdeflate_crc32(json, entry.picture.data(), entry.picture.size());
}

/// Returns whether so many bytes were there.
bool read_at(int descriptor, std::uint64_t offset, void* bytes, std::size_t size) {
  auto* place = static_cast<char*>(bytes);
  while (size > 0) {
    const ssize_t count = ::pread(descriptor, place, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    place += count;
    offset += static_cast<std::uint64_t>(count);
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

bool write_at(int descriptor, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count =
        ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    offset += static_cast<std::uint64_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// Reads the entry at `offset` of a journal that is `end` long; nothing where it is cut or damaged.
std::optional<JournalEntry> entry_at(int descriptor, std::uint64_t offset, std::uint64_t end,
                                     Head& head) {
  if (end - offset < sizeof(Head) || !read_at(descriptor, offset, &head, sizeof head) ||
      head.size() > end - offset) {
    return std::nullopt;
  }
  JournalEntry entry;
  entry.json.resize(head.json_bytes);
  entry.picture.resize(head.picture_bytes);
  const std::uint64_t json = offset + sizeof(Head);
  const bool is_there =
      read_at(descriptor, json, entry.json.data(), entry.json.size()) &&
      read_at(descriptor, json + entry.json.size(), entry.picture.data(), entry.picture.size());
  if (!is_there || checksum_of(entry) != head.checksum) return std::nullopt;
  return entry;
}

[[noreturn]] void fail_io(const std::filesystem::path& path) {
  fail(ErrorCode::io, "journal: {} ({})", std::strerror(errno), path.string());
}

}  // namespace

ShardJournal::ShardJournal(std::filesystem::path path, std::size_t entries)
    : path_(std::move(path)), offsets_(entries, kNone) {
  constexpr mode_t kMode = 0666;
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode);
  if (descriptor_ < 0) fail_io(path_);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor_);
    fail(ErrorCode::io, "journal: another process works on this shard ({})", path_.string());
  }
  take_up();
}

ShardJournal::~ShardJournal() {
  ::close(descriptor_);
}

void ShardJournal::take_up() {
  struct stat facts {};
  if (::fstat(descriptor_, &facts) != 0) fail_io(path_);
  const auto size = static_cast<std::uint64_t>(facts.st_size);
  Head head;
  while (entry_at(descriptor_, end_, size, head) && head.index < offsets_.size() &&
         !has(head.index)) {
    offsets_[head.index] = end_;
    ++count_;
    end_ += head.size();
  }
  if (::ftruncate(descriptor_, static_cast<off_t>(end_)) != 0) fail_io(path_);
}

void ShardJournal::add(std::size_t index, const JournalEntry& entry) {
  const Head head{.index = static_cast<std::uint32_t>(index),
                  .checksum = checksum_of(entry),
                  .json_bytes = static_cast<std::uint32_t>(entry.json.size()),
                  .picture_bytes = static_cast<std::uint32_t>(entry.picture.size())};
  std::string bytes(sizeof head, '\0');
  std::memcpy(bytes.data(), &head, sizeof head);
  bytes += entry.json;
  bytes += entry.picture;
  if (!write_at(descriptor_, end_, bytes)) fail_io(path_);
  offsets_.at(index) = end_;
  ++count_;
  end_ += bytes.size();
}

JournalEntry ShardJournal::read(std::size_t index) const {
  Head head;
  auto entry = entry_at(descriptor_, offsets_.at(index), end_, head);
  if (!entry) fail(ErrorCode::corrupt_data, "journal: an entry is damaged ({})", path_.string());
  return std::move(*entry);
}

void ShardJournal::remove() {
  std::error_code error;
  std::filesystem::remove(path_, error);
  if (error) fail(ErrorCode::io, "cannot remove {}: {}", path_.string(), error.message());
}

}  // namespace diptych::curate
