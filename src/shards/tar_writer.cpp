#include <fmt/format.h>

#include <array>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "shards/tar.h"
#include "shards/tar_format.h"

namespace diptych::shards {
namespace {

/// The largest size that eleven octal digits hold: 8 GiB - 1.
constexpr std::uint64_t kMaxOctalSize = (std::uint64_t{1} << 33) - 1;

template <std::size_t Size>
void put_octal(char (&field)[Size], std::uint64_t value) {
  const std::string digits = fmt::format("{:0{}o}", value, Size - 1);
  std::memcpy(field, digits.data(), digits.size());
}

TarHeaderBlock make_header(std::string_view name, std::uint64_t size, char type) {
  TarHeaderBlock block = {};
  name.copy(block.name, sizeof(block.name));
  put_octal(block.mode, 0644);
  put_octal(block.user, 0);
  put_octal(block.group, 0);
  put_octal(block.size, size);
  put_octal(block.modified, 0);
  block.type = type;
  std::memcpy(block.magic, "ustar", sizeof(block.magic));
  std::memcpy(block.version, "00", sizeof(block.version));
  put_octal(block.device_major, 0);
  put_octal(block.device_minor, 0);
  // Six digits, a NUL and a blank, as every writer does.
  const std::string sum = fmt::format("{:06o}", tar_checksum(block).as_unsigned);
  std::memcpy(block.checksum, sum.data(), sum.size());
  block.checksum[7] = ' ';
  return block;
}

/// "<length> <key>=<value>\n", where the length counts its own digits too.
std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (fmt::formatted_size("{}", length) + rest != length) {
    length = fmt::formatted_size("{}", length) + rest;
  }
  return fmt::format("{} {}={}\n", length, key, value);
}

std::span<const std::byte> block_bytes(const TarHeaderBlock& block) {
  return std::as_bytes(std::span(&block, 1));
}

}  // namespace

TarWriter::TarWriter(std::filesystem::path path) : file_(std::move(path)) {}

void TarWriter::add(std::string_view name, std::span<const std::byte> data) {
  if (name.empty() || name.find('\0') != std::string_view::npos)
    fail(ErrorCode::invalid_argument, "tar entry name: got '{}', expected text without NUL", name);
  const bool long_name = name.size() > sizeof(TarHeaderBlock::name);
  const bool large = data.size() > kMaxOctalSize;
  if (long_name || large) add_pax_header(name, data.size());
  // A reader that does not know pax still finds the end of the name, and an honest size.
  const std::string_view short_name =
      long_name ? name.substr(name.size() - sizeof(TarHeaderBlock::name)) : name;
  file_.write(block_bytes(make_header(short_name, large ? 0 : data.size(), kRegular)));
  write_padded(data);
}

void TarWriter::add_pax_header(std::string_view name, std::uint64_t size) {
  const std::string records =
      pax_record("path", name) + pax_record("size", fmt::format("{}", size));
  file_.write(block_bytes(make_header("pax_header", records.size(), kPaxHeader)));
  write_padded(std::as_bytes(std::span(records)));
}

void TarWriter::write_padded(std::span<const std::byte> data) {
  static constexpr std::array<std::byte, kTarBlock> kZeros = {};
  file_.write(data);
  const std::uint64_t over = data.size() % kTarBlock;
  if (over != 0) file_.write(std::span(kZeros).first(kTarBlock - over));
}

void TarWriter::commit() {
  static constexpr std::array<std::byte, 2 * kTarBlock> kEndMarker = {};
  file_.write(kEndMarker);
  file_.commit();
}

}  // namespace diptych::shards
