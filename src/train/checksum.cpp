#include "train/checksum.h"

#include <fmt/core.h>

namespace diptych::train {

std::string Checksum::text() const {
  return fmt::format("{:08x}", static_cast<std::uint32_t>(value_));
}

}  // namespace diptych::train
