#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/as_text.h"
#include "base/error.h"
#include "shards/tar.h"
#include "shards/tar_format.h"

namespace diptych::shards {
namespace {

template <std::size_t Size>
std::string_view field_text(const char (&field)[Size]) {
  return {field, ::strnlen(field, Size)};
}

/// Octal digits between optional blanks; nothing when the field holds anything else.
std::optional<std::uint64_t> parse_octal(std::string_view field) {
  const std::size_t first = field.find_first_not_of(' ');
  if (first == std::string_view::npos) return 0;
  field.remove_prefix(first);
  field = field.substr(0, field.find_first_of(std::string_view(" \0", 2)));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value, 8);
  if (field.empty()) return 0;
  if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
  return value;
}

/// GNU's binary form: the first byte is 0x80 (0xFF for negative numbers), the rest big-endian.
std::optional<std::uint64_t> parse_binary(std::string_view field) {
  if (static_cast<unsigned char>(field.front()) != 0x80) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : field.substr(1)) {
    if (value >> 56 != 0) return std::nullopt;
    value = value << 8 | static_cast<unsigned char>(c);
  }
  return value;
}

std::optional<std::uint64_t> parse_field(std::string_view field) {
  const bool binary = (static_cast<unsigned char>(field.front()) & 0x80) != 0;
  return binary ? parse_binary(field) : parse_octal(field);
}

/// ustar keeps the folders of a long path in `prefix`; GNU uses that space otherwise.
std::string entry_name(const TarHeaderBlock& block) {
  const std::string_view name = field_text(block.name);
  const bool posix = std::memcmp(block.magic, "ustar", sizeof(block.magic)) == 0;
  const std::string_view prefix = posix ? field_text(block.prefix) : std::string_view();
  if (prefix.empty()) return std::string(name);
  return std::string(prefix).append("/").append(name);
}

}  // namespace

struct TarReader::Header {
  TarHeaderBlock block;
  std::uint64_t size = 0;
  bool end_marker = false;

  bool is_regular() const {
    const bool old_folder =
        block.type == kRegularOld && std::string_view(field_text(block.name)).ends_with('/');
    return !old_folder &&
           (block.type == kRegular || block.type == kRegularOld || block.type == kContiguous);
  }
  bool is_unknown() const {
    return has_data() && !is_regular() && block.type != kRegularOld && block.type != kGnuFolder;
  }
  bool is_link() const { return block.type == kHardLink || block.type == kSymbolicLink; }
  /// Links, devices, folders and pipes have no content, whatever their size field says.
  bool has_data() const { return block.type < kHardLink || block.type > kFifo; }
};

/// What the headers before an entry say about it.
struct TarReader::Extensions {
  std::optional<std::string> name;
  std::optional<std::uint64_t> size;
  bool sparse = false;

  /// Records "<length> <key>=<value>\n"; false when they are not well formed.
  bool read_pax(std::string_view records);
  bool read_record(std::string_view key, std::string_view value);
};

bool TarReader::Extensions::read_pax(std::string_view records) {
  while (!records.empty()) {
    std::size_t length = 0;
    const char* end = records.data() + records.size();
    const auto [space, error] = std::from_chars(records.data(), end, length);
    const auto digits = static_cast<std::size_t>(space - records.data());
    if (error != std::errc() || length > records.size() || length < digits + 2 || *space != ' ')
      return false;
    const std::string_view record = records.substr(digits + 1, length - digits - 1);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos || record.back() != '\n') return false;
    const std::string_view value = record.substr(equals + 1, record.size() - equals - 2);
    if (!read_record(record.substr(0, equals), value)) return false;
    records.remove_prefix(length);
  }
  return true;
}

bool TarReader::Extensions::read_record(std::string_view key, std::string_view value) {
  if (key == "path") {
    name = value;
    return !value.empty() && value.find('\0') == std::string_view::npos;
  }
  if (key == "size") {
    std::uint64_t number = 0;
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, number);
    size = number;
    return error == std::errc() && stop == end;
  }
  if (key.starts_with("GNU.sparse.")) sparse = true;
  return true;
}

TarReader::TarReader(std::span<const std::byte> bytes, std::string name, std::uint64_t offset)
    : bytes_(bytes), name_(std::move(name)), offset_(offset) {}

std::optional<TarEntry> TarReader::next() {
  if (finished_) return std::nullopt;
  finished_ = true;  // stays so when reading throws
  std::optional<TarEntry> entry = read_entry();
  finished_ = !entry;
  return entry;
}

std::optional<TarEntry> TarReader::read_entry() {
  std::uint64_t begin = offset_;
  Extensions extensions;
  while (true) {
    const Header header = read_header();
    if (header.end_marker) {
      expect_nothing_more();
      return std::nullopt;
    }
    switch (header.block.type) {
      case kPaxHeader:
      case kPaxGlobalHeader:
      case kGnuLongName:
      case kGnuLongLink:
        read_extension(header, extensions);
        continue;
      case kGnuSparse:
        extensions.sparse = true;
        break;
      default:
        break;
    }
    if (extensions.sparse) {
      fail(ErrorCode::unsupported,
           "tar entry: got a sparse file, expected a plain one ({}, offset {})", name_, offset_);
    }
    const std::uint64_t size = header.has_data() ? extensions.size.value_or(header.size) : 0;
    const std::span<const std::byte> data = take_data(size);
    if (header.is_regular()) {
      return TarEntry{extensions.name ? *std::move(extensions.name) : entry_name(header.block),
                      begin, data};
    }
    links_ += header.is_link() ? 1 : 0;
    unknown_ += header.is_unknown() && size > 0 ? 1 : 0;
    begin = offset_;
    extensions = {};
  }
}

/// After the end marker only padding follows: archives joined by `cat` would lose all but the
/// first.
void TarReader::expect_nothing_more() {
  const auto rest = bytes_.subspan(offset_);
  const auto more =
      std::find_if(rest.begin(), rest.end(), [](std::byte b) { return b != std::byte{0}; });
  if (more == rest.end()) return;
  offset_ += static_cast<std::uint64_t>(more - rest.begin());
  damaged("goes on after its end marker, as archives joined into one do");
}

TarReader::Header TarReader::read_header() const {
  if (offset_ == bytes_.size()) damaged("ends without an end marker, so it is cut short");
  if (offset_ > bytes_.size() || bytes_.size() - offset_ < kTarBlock)
    damaged("is cut short in a header");
  const std::span<const std::byte> block = bytes_.subspan(offset_, kTarBlock);
  Header header;
  std::memcpy(&header.block, block.data(), kTarBlock);
  header.end_marker =
      std::all_of(block.begin(), block.end(), [](std::byte b) { return b == std::byte{0}; });
  if (header.end_marker) return header;

  const auto stored = parse_field({header.block.checksum, sizeof(header.block.checksum)});
  const TarChecksum sum = tar_checksum(header.block);
  if (!stored ||
      (std::cmp_not_equal(*stored, sum.as_unsigned) && std::cmp_not_equal(*stored, sum.as_signed)))
    damaged("has a header with a wrong checksum");
  const auto size = parse_field({header.block.size, sizeof(header.block.size)});
  if (!size) damaged("has a size that is not a number");
  header.size = *size;
  return header;
}

/// The content that follows the header at `offset_`, which moves to the next header.
std::span<const std::byte> TarReader::take_data(std::uint64_t size) {
  const std::uint64_t left = bytes_.size() - offset_ - kTarBlock;
  if (size > left) {
    fail(ErrorCode::corrupt_data,
         "tar entry: got a size of {} bytes, expected at most the {} left ({}, offset {})", size,
         left, name_, offset_);
  }
  const std::span<const std::byte> data = bytes_.subspan(offset_ + kTarBlock, size);
  // Padding that is cut off is found by the next header.
  const std::uint64_t padded = (size + kTarBlock - 1) / kTarBlock * kTarBlock;
  offset_ += kTarBlock + padded;
  return data;
}

void TarReader::read_extension(const Header& header, Extensions& extensions) {
  if (header.size > kMaxTarExtension) damaged("has an extended header above 1 MiB");
  const std::uint64_t at = offset_;
  const std::string_view text = as_text(take_data(header.size));
  if (header.block.type == kGnuLongName) {
    extensions.name = text.substr(0, text.find('\0'));
  } else if (header.block.type == kPaxHeader && !extensions.read_pax(text)) {
    offset_ = at;
    damaged("has a malformed pax header");
  }
}

void TarReader::damaged(std::string_view what) const {
  fail(ErrorCode::corrupt_data, "tar archive {} ({}, offset {})", what, name_, offset_);
}

}  // namespace diptych::shards
