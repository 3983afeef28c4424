#pragma once

#include <cstddef>
#include <cstdint>

namespace diptych::shards {

// POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header".

constexpr std::uint64_t kTarBlock = 512;

/// One header block as it lies in the file. Numbers are octal digits, or (GNU) big-endian binary
/// with the top bit set.
struct TarHeaderBlock {
  char name[100];
  char mode[8];
  char user[8];
  char group[8];
  char size[12];
  char modified[12];
  char checksum[8];
  char type;
  char link_name[100];
  char magic[6];
  char version[2];
  char user_name[32];
  char group_name[32];
  char device_major[8];
  char device_minor[8];
  char prefix[155];
  char padding[12];
};
static_assert(sizeof(TarHeaderBlock) == kTarBlock);

// The types of entries that readers tell apart.
constexpr char kRegularOld = '\0';
constexpr char kRegular = '0';
constexpr char kHardLink = '1';
constexpr char kSymbolicLink = '2';
constexpr char kFifo = '6';
constexpr char kContiguous = '7';
constexpr char kGnuFolder = 'D';  ///< with the names of what is in it
constexpr char kGnuLongLink = 'K';
constexpr char kGnuLongName = 'L';
constexpr char kGnuSparse = 'S';
constexpr char kPaxHeader = 'x';
constexpr char kPaxGlobalHeader = 'g';

/// The largest extended header that is read: no path needs more, and a larger one is an attack.
constexpr std::uint64_t kMaxTarExtension = std::uint64_t{1} << 20;

/// Sums a block's bytes with the checksum field taken as spaces. Early writers summed signed bytes.
struct TarChecksum {
  std::int64_t as_unsigned = 0;
  std::int64_t as_signed = 0;
};
TarChecksum tar_checksum(const TarHeaderBlock& block);

}  // namespace diptych::shards
