// Any bytes either read as a tar whose entries lie inside them, each found again from its offset,
// or throw diptych::Error.

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "diptych/error.h"
#include "shards/sample.h"
#include "shards/tar.h"
#include "shards/tar_format.h"

namespace {

using namespace diptych::shards;

/// A changed header would be refused by its checksum: makes the checksums right, so that what lies
/// after them is reached.
void repair_checksums(std::span<std::byte> bytes) {
  for (; bytes.size() >= kTarBlock; bytes = bytes.subspan(kTarBlock)) {
    TarHeaderBlock block;
    std::memcpy(&block, bytes.data(), sizeof(block));
    if (block.name[0] == '\0') continue;
    fmt::format("{:06o}", tar_checksum(block).as_unsigned).copy(block.checksum, 6);
    block.checksum[6] = '\0';
    std::memcpy(bytes.data(), &block, sizeof(block));
  }
}

void check(std::span<const std::byte> bytes) {
  TarReader reader(bytes, "input");
  while (const auto entry = reader.next()) {
    const bool inside = entry->data.empty() ||
                        (entry->data.data() >= bytes.data() &&
                         entry->data.data() + entry->data.size() <= bytes.data() + bytes.size());
    const auto again = TarReader(bytes, "input", entry->offset).next();
    if (!inside || !again || again->name != entry->name || again->data.size() != entry->data.size())
      std::abort();
    const auto name = split_sample_name(entry->name);
    if (name && (name->key.empty() || name->extension.empty())) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* first = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> bytes(first, first + size);
  for (const bool repaired : {false, true}) {
    if (repaired) repair_checksums(bytes);
    try {
      check(bytes);
    } catch (const diptych::Error& error) {
      if (error.code() == diptych::ErrorCode::internal) std::abort();
    }
  }
  return 0;
}
