#include "checkpoint/containers/zip_archive.h"

#include <zlib.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"
#include "checkpoint/containers/byte_reader.h"

// Structures and signatures: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3.

namespace diptych::checkpoint {
namespace {

constexpr std::uint32_t kLocalSignature = 0x04034B50;
constexpr std::uint32_t kCentralSignature = 0x02014B50;
constexpr std::uint32_t kEndSignature = 0x06054B50;
constexpr std::uint32_t kEnd64Signature = 0x06064B50;
constexpr std::uint32_t kLocator64Signature = 0x07064B50;
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kLocator64Size = 20;
constexpr std::size_t kMaxComment = 0xFFFF;
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;  ///< "the value is in the zip64 record"
constexpr std::uint16_t kStored = 0;         ///< the method without compression
constexpr std::uint16_t kEncrypted = 1U << 0;
constexpr std::uint16_t kSizesFollowData = 1U << 3;
constexpr std::uint16_t kZip64Extra = 0x0001;

ByteReader reader_at(std::span<const std::byte> bytes, std::uint64_t offset,
                     const std::string& name) {
  ByteReader reader(bytes, "zip", name);
  reader.seek(offset);
  return reader;
}

/// Where the central directory lies.
struct Directory {
  std::uint64_t entries = 0;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;
};

/// What central directory and local headers both state.
struct Header {
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc32 = 0;
  std::uint64_t compressed = 0;
  std::uint64_t size = 0;
  std::string_view name;
};

/// An entry of the central directory.
struct Record {
  Header header;
  std::uint64_t local_offset = 0;
};

std::size_t find_end(std::span<const std::byte> bytes, const std::string& name) {
  if (bytes.size() >= kEndSize) {
    const std::size_t last = bytes.size() - kEndSize;
    const std::size_t first = last - std::min(last, kMaxComment);
    for (std::size_t at = last + 1; at-- > first;) {
      ByteReader reader = reader_at(bytes, at, name);
      if (reader.read<std::uint32_t>() != kEndSignature) continue;
      reader.skip(kEndSize - 6);
      if (reader.read<std::uint16_t>() == reader.remaining()) return at;
    }
  }
  fail(ErrorCode::corrupt_data, "zip: no end of central directory: the file is cut off ({})", name);
}

std::optional<Directory> find_directory64(std::span<const std::byte> bytes, std::size_t end,
                                          const std::string& name) {
  if (end < kLocator64Size) return std::nullopt;
  ByteReader locator = reader_at(bytes, end - kLocator64Size, name);
  if (locator.read<std::uint32_t>() != kLocator64Signature) return std::nullopt;
  locator.skip(4);
  ByteReader record = reader_at(bytes, locator.read<std::uint64_t>(), name);
  if (record.read<std::uint32_t>() != kEnd64Signature)
    fail(ErrorCode::corrupt_data, "zip: no zip64 end of central directory ({})", name);
  record.skip(28);
  Directory directory;
  directory.entries = record.read<std::uint64_t>();
  directory.size = record.read<std::uint64_t>();
  directory.offset = record.read<std::uint64_t>();
  return directory;
}

Directory find_directory(std::span<const std::byte> bytes, const std::string& name) {
  const std::size_t end = find_end(bytes, name);
  ByteReader reader = reader_at(bytes, end + 4, name);
  const auto disk = reader.read<std::uint16_t>();
  const auto directory_disk = reader.read<std::uint16_t>();
  const auto entries_here = reader.read<std::uint16_t>();
  const auto entries = reader.read<std::uint16_t>();
  const auto size = reader.read<std::uint32_t>();
  const auto offset = reader.read<std::uint32_t>();
  Directory directory{entries, size, offset};
  if (const auto wide = find_directory64(bytes, end, name)) {
    directory = *wide;
  } else if (disk != 0 || directory_disk != 0 || entries_here != entries) {
    fail(ErrorCode::unsupported, "zip: an archive of several volumes ({})", name);
  }
  if (checked_add(directory.offset, directory.size, "zip: central directory") > end)
    fail(ErrorCode::corrupt_data, "zip: the central directory lies outside the file ({})", name);
  return directory;
}

/// Replaces the values that say so by those of the zip64 extra field, in the order it has them.
void read_extra(ByteReader extra, const std::vector<std::uint64_t*>& values) {
  while (extra.remaining() >= 4) {
    const auto id = extra.read<std::uint16_t>();
    const auto length = extra.read<std::uint16_t>();
    ByteReader field(extra.take(length), "zip: extra field", extra.name());
    if (id != kZip64Extra) continue;
    for (std::uint64_t* value : values) {
      if (*value == kIn64) *value = field.read<std::uint64_t>();
    }
  }
}

/// The fields from the flags to the uncompressed size, the same in both kinds of header.
Header read_header(ByteReader& reader) {
  Header header;
  header.flags = reader.read<std::uint16_t>();
  header.method = reader.read<std::uint16_t>();
  reader.skip(4);
  header.crc32 = reader.read<std::uint32_t>();
  header.compressed = reader.read<std::uint32_t>();
  header.size = reader.read<std::uint32_t>();
  return header;
}

Record read_record(ByteReader& reader) {
  if (reader.read<std::uint32_t>() != kCentralSignature) {
    fail(ErrorCode::corrupt_data, "zip: no central directory entry at offset {} ({})",
         reader.position() - 4, reader.name());
  }
  reader.skip(4);
  Record record{.header = read_header(reader)};
  const auto name_length = reader.read<std::uint16_t>();
  const auto extra_length = reader.read<std::uint16_t>();
  const auto comment_length = reader.read<std::uint16_t>();
  reader.skip(8);
  record.local_offset = reader.read<std::uint32_t>();
  record.header.name = reader.take_text(name_length);
  read_extra(ByteReader(reader.take(extra_length), "zip: extra field", reader.name()),
             {&record.header.size, &record.header.compressed, &record.local_offset});
  reader.skip(comment_length);
  return record;
}

/// A relative path that stays where it is put.
bool is_safe(std::string_view entry) {
  if (entry.empty() || entry.front() == '/' || !is_utf8(entry)) return false;
  if (entry.find_first_of(std::string_view("\\:\0", 3)) != std::string_view::npos) return false;
  for (std::size_t begin = 0; begin <= entry.size();) {
    const std::size_t end = std::min(entry.find('/', begin), entry.size());
    if (entry.substr(begin, end - begin) == "..") return false;
    begin = end + 1;
  }
  return true;
}

void check_supported(const Header& header, const std::string& name) {
  if (!is_safe(header.name)) {
    fail(ErrorCode::corrupt_data, "zip: an entry's name is not a relative path in UTF-8 ({})",
         name);
  }
  if ((header.flags & kEncrypted) != 0)
    fail(ErrorCode::unsupported, "zip: entry {} is encrypted ({})", header.name, name);
  if (header.method == kStored && header.compressed != header.size) {
    fail(ErrorCode::corrupt_data, "zip: entry {}: got {} stored bytes, expected {} ({})",
         header.name, header.compressed, header.size, name);
  }
}

/// The entry's data, after its local header was held against the central directory.
std::span<const std::byte> locate(std::span<const std::byte> bytes, const Record& record,
                                  const std::string& name) {
  ByteReader reader = reader_at(bytes, record.local_offset, name);
  const Header& central = record.header;
  if (reader.read<std::uint32_t>() != kLocalSignature)
    fail(ErrorCode::corrupt_data, "zip: entry {}: no local header ({})", central.name, name);
  reader.skip(2);
  Header local = read_header(reader);
  const auto name_length = reader.read<std::uint16_t>();
  const auto extra_length = reader.read<std::uint16_t>();
  local.name = reader.take_text(name_length);
  read_extra(ByteReader(reader.take(extra_length), "zip: extra field", name),
             {&local.size, &local.compressed});
  const bool same = local.crc32 == central.crc32 && local.size == central.size &&
                    local.compressed == central.compressed;
  const bool later = (local.flags & kSizesFollowData) != 0 && local.size == 0;
  if (local.name != central.name || local.method != central.method || (!same && !later)) {
    fail(ErrorCode::corrupt_data,
         "zip: entry {}: its local header contradicts the central directory ({})", central.name,
         name);
  }
  return reader.take(central.compressed);
}

struct Extent {
  std::uint64_t begin;
  std::uint64_t end;
};

void check_overlap(std::vector<Extent>& extents, const std::string& name) {
  std::sort(extents.begin(), extents.end(),
            [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
  for (std::size_t i = 1; i < extents.size(); ++i) {
    if (extents[i].begin < extents[i - 1].end) {
      fail(ErrorCode::corrupt_data, "zip: entries overlap at offset {} ({})", extents[i].begin,
           name);
    }
  }
}

}  // namespace

ZipArchive::ZipArchive(std::span<const std::byte> bytes, const std::string& name)
    : name_(name), size_(bytes.size()) {
  const Directory directory = find_directory(bytes, name);
  ByteReader reader(bytes.subspan(directory.offset, directory.size), "zip: central directory",
                    name);
  const auto before_directory = bytes.first(directory.offset);
  std::vector<Extent> extents;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    const Record record = read_record(reader);
    check_supported(record.header, name);
    const auto data = locate(before_directory, record, name);
    const auto end = static_cast<std::uint64_t>(data.data() - bytes.data()) + data.size();
    extents.push_back({record.local_offset, end});
    const ZipEntry entry{data, record.header.crc32, record.header.method != kStored};
    if (!entries_.emplace(std::string(record.header.name), entry).second) {
      fail(ErrorCode::corrupt_data, "zip: entry {} occurs twice ({})", record.header.name, name);
    }
  }
  check_overlap(extents, name);
}

const ZipEntry* ZipArchive::find(std::string_view entry) const {
  const auto found = entries_.find(entry);
  if (found == entries_.end()) return nullptr;
  if (found->second.compressed) {
    fail(ErrorCode::unsupported, "zip: entry {} is compressed, expected a stored one ({})", entry,
         name_);
  }
  return &found->second;
}

std::optional<StoredSum> ZipArchive::sum(std::string_view entry) const {
  const auto found = entries_.find(entry);
  ensure(found != entries_.end(), "the entry was found");
  if (found->second.compressed || found->second.crc32 == 0) return std::nullopt;
  return StoredSum{found->first, found->second.bytes, found->second.crc32, name_};
}

std::vector<StoredSum> ZipArchive::sums() const {
  std::vector<StoredSum> sums;
  for (const auto& [entry, content] : entries_) {
    if (auto kept = sum(entry)) sums.push_back(*std::move(kept));
  }
  return sums;
}

std::span<const std::byte> ZipArchive::checked(std::string_view entry) const {
  const ZipEntry* found = find(entry);
  if (found == nullptr) fail(ErrorCode::corrupt_data, "zip: no entry {} ({})", entry, name_);
  const auto* data = reinterpret_cast<const Bytef*>(found->bytes.data());
  if (found->crc32 != 0 && crc32_z(0, data, found->bytes.size()) != found->crc32)
    fail(ErrorCode::corrupt_data, "zip: entry {}: wrong CRC-32 ({})", entry, name_);
  return found->bytes;
}

bool looks_like_zip(std::span<const std::byte> bytes) {
  std::uint32_t signature = 0;
  if (bytes.size() < sizeof signature) return false;
  std::memcpy(&signature, bytes.data(), sizeof signature);
  return signature == kLocalSignature || signature == kEndSignature;
}

}  // namespace diptych::checkpoint
