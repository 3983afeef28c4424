#include "shards/tar_format.h"

#include <cstring>
#include <string_view>

namespace diptych::shards {

TarChecksum tar_checksum(const TarHeaderBlock& block) {
  TarHeaderBlock copy = block;
  std::memset(copy.checksum, ' ', sizeof(copy.checksum));
  TarChecksum sum;
  for (const char c : std::string_view(reinterpret_cast<const char*>(&copy), sizeof(copy))) {
    sum.as_unsigned += static_cast<unsigned char>(c);
    sum.as_signed += static_cast<signed char>(c);
  }
  return sum;
}

}  // namespace diptych::shards
