#include "train/event_file.h"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <chrono>
#include <system_error>

#include "base/error.h"
#include "base/folders.h"

namespace diptych::train {
namespace {

// Tags of protocol buffers: a field's number and how it is written (protobuf's encoding).
constexpr char kWallTimeTag = 0x09;
constexpr char kStepTag = 0x10;
constexpr char kFileVersionTag = 0x1a;
constexpr char kSummaryTag = 0x2a;
constexpr char kSessionLogTag = 0x3a;
constexpr char kSummaryValueTag = 0x0a;
constexpr char kNameTag = 0x0a;
constexpr char kSimpleValueTag = 0x15;

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  constexpr std::uint32_t kCastagnoli = 0x82f63b78;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) * kCastagnoli);
    table[i] = value;
  }
  return table;
}();

/// CRC-32C, rotated and moved as TensorFlow does.
std::uint32_t masked_checksum(std::string_view data) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : data)
    crc = (crc >> 8U) ^ kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xffU];
  crc = ~crc;
  constexpr std::uint32_t kMask = 0xa282ead8;
  return std::rotr(crc, 15) + kMask;
}

/// The bytes of an integer, the lowest first.
template <typename Integer>
std::string little_endian(Integer value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof value; ++i)
    bytes += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
  return bytes;
}

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7U) bytes += static_cast<char>(value | 0x80U);
  return bytes + static_cast<char>(value);
}

std::string sized(char tag, std::string_view content) {
  return tag + varint(content.size()) + std::string(content);
}

std::string event_head(double wall_time, std::int64_t step) {
  return kWallTimeTag + little_endian(std::bit_cast<std::uint64_t>(wall_time)) + kStepTag +
         varint(static_cast<std::uint64_t>(step));
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// The name that TensorBoard looks for; no two starts of a run have the same.
std::string file_name() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {'h', 'o', 's', 't'};
  return fmt::format("events.out.tfevents.{:.6f}.{}.{}", now(), host.data(), ::getpid());
}

}  // namespace

std::string event_of(double wall_time, std::int64_t step, const std::vector<NamedValue>& values) {
  std::string summary;
  for (const NamedValue& named : values) {
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(named.value));
    summary += sized(kSummaryValueTag,
                     sized(kNameTag, named.name) + kSimpleValueTag + little_endian(bits));
  }
  return event_head(wall_time, step) + sized(kSummaryTag, summary);
}

std::string tf_record(std::string_view data) {
  const std::string length = little_endian(static_cast<std::uint64_t>(data.size()));
  return length + little_endian(masked_checksum(length)) + std::string(data) +
         little_endian(masked_checksum(data));
}

EventFile::EventFile(const std::filesystem::path& folder, std::int64_t first_step)
    : path_(folder / file_name()) {
  make_folders(folder);
  file_.open(path_, std::ios::binary);
  write(event_head(now(), 0) + sized(kFileVersionTag, "brain.Event:2"));
  constexpr char kStart[] = {0x08, 0x01};
  write(event_head(now(), first_step) + sized(kSessionLogTag, {kStart, sizeof kStart}));
}

void EventFile::add(std::int64_t step, const std::vector<NamedValue>& values) {
  write(event_of(now(), step, values));
}

void EventFile::write(const std::string& event) {
  file_ << tf_record(event) << std::flush;
  if (!file_) fail(ErrorCode::io, "train: report-to: cannot write {}", path_.string());
}

}  // namespace diptych::train
