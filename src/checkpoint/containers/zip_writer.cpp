#include "checkpoint/containers/zip_writer.h"

#include <zlib.h>

#include <cstring>
#include <limits>
#include <string_view>

// Structures: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3.

namespace diptych::checkpoint {
namespace {

constexpr std::uint64_t kDataAlignment = 64;
constexpr std::uint64_t kLocalHeaderSize = 30;
constexpr std::uint16_t kVersion = 45;  ///< 4.5, the first with zip64
constexpr std::uint32_t kValueIn64 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint16_t kPaddingExtra = 0x4246;  ///< "FB", PyTorch's own

template <typename T>
void append(std::string& bytes, T value) {
  const std::size_t size = bytes.size();
  bytes.resize(size + sizeof value);
  std::memcpy(bytes.data() + size, &value, sizeof value);
}

std::uint32_t narrow(std::uint64_t value) {
  return value < kValueIn64 ? static_cast<std::uint32_t>(value) : kValueIn64;
}

/// The fields from the version needed to the extra field's length.
void append_header(std::string& bytes, std::uint32_t crc, std::uint64_t size,
                   std::string_view entry, std::size_t extra) {
  constexpr std::uint16_t kUtf8Names = 1U << 11;
  append<std::uint16_t>(bytes, kVersion);
  append<std::uint16_t>(bytes, kUtf8Names);
  append<std::uint16_t>(bytes, 0);  // stored
  append<std::uint32_t>(bytes, 0);  // no time: the same model gives the same file
  append<std::uint32_t>(bytes, crc);
  append<std::uint32_t>(bytes, narrow(size));
  append<std::uint32_t>(bytes, narrow(size));
  append<std::uint16_t>(bytes, static_cast<std::uint16_t>(entry.size()));
  append<std::uint16_t>(bytes, static_cast<std::uint16_t>(extra));
}

/// The zip64 extra field: what the header could not hold, in this order.
std::string extra64(std::uint64_t size, std::uint64_t offset) {
  std::string values;
  if (size >= kValueIn64) {
    append<std::uint64_t>(values, size);
    append<std::uint64_t>(values, size);
  }
  if (offset >= kValueIn64) append<std::uint64_t>(values, offset);
  std::string extra;
  if (values.empty()) return extra;
  append<std::uint16_t>(extra, 1);
  append<std::uint16_t>(extra, static_cast<std::uint16_t>(values.size()));
  return extra + values;
}

/// An extra field that moves what follows it to the next multiple of the alignment.
std::string padding(std::uint64_t position) {
  constexpr std::uint64_t kFieldHeader = 4;
  const std::uint64_t length =
      (kDataAlignment - (position + kFieldHeader) % kDataAlignment) % kDataAlignment;
  std::string extra;
  append<std::uint16_t>(extra, kPaddingExtra);
  append<std::uint16_t>(extra, static_cast<std::uint16_t>(length));
  return extra + std::string(length, 'Z');
}

}  // namespace

void ZipWriter::write(const std::string& bytes) {
  file_.write(bytes);
  position_ += bytes.size();
}

void ZipWriter::add(const std::string& entry, std::span<const std::byte> data) {
  const auto crc = static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()));
  const std::uint64_t offset = position_;
  const std::string sizes = extra64(data.size(), 0);
  const std::string extra =
      sizes + padding(offset + kLocalHeaderSize + entry.size() + sizes.size());
  std::string local = "PK\3\4";
  append_header(local, crc, data.size(), entry, extra.size());
  write(local + entry + extra);
  file_.write(data);
  position_ += data.size();

  const std::string wide = extra64(data.size(), offset);
  directory_ += "PK\1\2";
  append<std::uint16_t>(directory_, kVersion);
  append_header(directory_, crc, data.size(), entry, wide.size());
  directory_ += std::string(10, '\0');  // comment, disk and attributes
  append<std::uint32_t>(directory_, narrow(offset));
  directory_ += entry + wide;
  ++entries_;
}

void ZipWriter::commit() {
  const std::uint64_t begin = position_;
  write(directory_);
  const std::uint64_t record = position_;
  std::string end = "PK\6\6";
  append<std::uint64_t>(end, 44);  // bytes of the record from here on
  append<std::uint16_t>(end, kVersion);
  append<std::uint16_t>(end, kVersion);
  append<std::uint64_t>(end, 0);  // disks
  append<std::uint64_t>(end, entries_);
  append<std::uint64_t>(end, entries_);
  append<std::uint64_t>(end, directory_.size());
  append<std::uint64_t>(end, begin);
  end += std::string("PK\6\7\0\0\0\0", 8);
  append<std::uint64_t>(end, record);
  append<std::uint32_t>(end, 1);
  const auto count = static_cast<std::uint16_t>(entries_ < 0xFFFF ? entries_ : 0xFFFF);
  end += std::string("PK\5\6\0\0\0\0", 8);
  append<std::uint16_t>(end, count);
  append<std::uint16_t>(end, count);
  append<std::uint32_t>(end, narrow(directory_.size()));
  append<std::uint32_t>(end, narrow(begin));
  append<std::uint16_t>(end, 0);
  write(end);
  file_.commit();
}

}  // namespace diptych::checkpoint
