#include "checkpoint/containers/torch_legacy.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "checkpoint/containers/torch_globals.h"

// The layout: torch/serialization.py, _legacy_save: pickles of a magic number, a protocol version,
// facts about the system, the object and the storages' keys; then for each key its number of
// elements (64 bits) and its bytes.

namespace diptych::checkpoint {
namespace {

/// A pickle of protocol 2 that holds 0x1950A86A20F9469CFC6C.
constexpr std::array<unsigned char, 15> kLegacyMagic = {
    0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, '.'};
constexpr std::int64_t kProtocolVersion = 1001;

using StorageBytes = std::map<std::string_view, std::span<const std::byte>>;

/// Bytes of one element of every storage that the object names.
std::map<std::string_view, std::size_t> find_element_sizes(const Pickle& object) {
  std::map<std::string_view, std::size_t> sizes;
  for (Pickle::NodeId id = 0; id < object.size(); ++id) {
    if (const auto storage = describe_storage(object, object[id]))
      sizes.emplace(storage->key, storage->element_size);
  }
  return sizes;
}

StorageBytes read_storages(ByteReader& reader, const Pickle& object, const Pickle& keys) {
  const auto element_sizes = find_element_sizes(object);
  StorageBytes storages;
  for (const Pickle::NodeId id : keys.root().items) {
    const auto size = element_sizes.find(keys[id].text);
    if (size == element_sizes.end())
      fail(ErrorCode::corrupt_data, "torch: a storage that no tensor names ({})", reader.name());
    const auto elements = reader.read<std::uint64_t>();
    storages[size->first] =
        reader.take(checked_multiply(elements, size->second, "torch: storage bytes"));
  }
  return storages;
}

void check_system(const Pickle& version, const Pickle& system, const std::string& name) {
  if (version.root().integer != kProtocolVersion) {
    fail(ErrorCode::unsupported, "torch: got protocol version {}, expected {} ({})",
         version.root().integer, kProtocolVersion, name);
  }
  const Pickle::Node* little_endian = system.find(system.root(), "little_endian");
  if (little_endian == nullptr || little_endian->integer != 1)
    fail(ErrorCode::unsupported, "torch: the file is not little-endian ({})", name);
}

}  // namespace

bool looks_like_legacy_torch(std::span<const std::byte> bytes) {
  return bytes.size() >= kLegacyMagic.size() &&
         std::equal(kLegacyMagic.begin(), kLegacyMagic.end(), bytes.begin(),
                    [](unsigned char a, std::byte b) { return std::byte{a} == b; });
}

TorchContent read_legacy_torch(std::span<const std::byte> bytes, const std::string& name,
                               std::shared_ptr<const void> keep_alive, RecognisesModel recognises) {
  ByteReader reader(bytes, "pickle", name);
  reader.skip(kLegacyMagic.size());
  const Pickle version = read_pickle(reader, is_torch_global);
  const Pickle system = read_pickle(reader, is_torch_global);
  check_system(version, system, name);
  const Pickle object = read_pickle(reader, is_torch_global);
  const Pickle keys = read_pickle(reader, is_torch_global);
  const StorageBytes storages = read_storages(reader, object, keys);
  const auto lookup = [&](std::string_view key, std::uint64_t expected) {
    const auto found = storages.find(key);
    if (found == storages.end() || found->second.size() != expected) {
      fail(ErrorCode::corrupt_data, "torch: storage {}: got {} bytes, expected {} ({})", key,
           found == storages.end() ? 0 : found->second.size(), expected, name);
    }
    return found->second;
  };
  TorchContent content = read_torch_content(object, lookup, bytes.size(), name, recognises);
  content.tensors.storage.push_back(std::move(keep_alive));
  return content;
}

}  // namespace diptych::checkpoint
