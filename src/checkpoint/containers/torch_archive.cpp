#include "checkpoint/containers/torch_archive.h"

#include <map>
#include <utility>

#include "base/error.h"
#include "checkpoint/containers/torch_globals.h"

namespace diptych::checkpoint {
namespace {

constexpr std::string_view kPickle = "/data.pkl";
/// Nothing published comes near; keeps a hostile pickle from filling memory with values.
constexpr std::size_t kMaxPickle = std::size_t{64} << 20;

/// The folder that everything in the archive lies in.
std::string find_root(const ZipArchive& archive, const std::string& name) {
  for (const auto& [entry, content] : archive.entries()) {
    if (entry.ends_with(kPickle) && entry.find('/') == entry.size() - kPickle.size())
      return entry.substr(0, entry.size() - kPickle.size());
  }
  fail(ErrorCode::unsupported, "torch: a zip file without data.pkl ({})", name);
}

void check_byte_order(const ZipArchive& archive, const std::string& root, const std::string& name) {
  const ZipEntry* entry = archive.find(root + "/byteorder");
  if (entry == nullptr) return;
  const std::string_view order(reinterpret_cast<const char*>(entry->bytes.data()),
                               entry->bytes.size());
  if (order != "little")
    fail(ErrorCode::unsupported, "torch: got byte order {}, expected little ({})", order, name);
}

}  // namespace

TorchContent read_torch_archive(const ZipArchive& archive, const std::string& name,
                                std::shared_ptr<const void> keep_alive,
                                RecognisesModel recognises) {
  const std::string root = find_root(archive, name);
  check_byte_order(archive, root, name);
  const auto pickle_bytes = archive.checked(root + std::string(kPickle));
  if (pickle_bytes.size() > kMaxPickle) {
    fail(ErrorCode::out_of_memory, "torch: data.pkl: got {} bytes, expected at most {} ({})",
         pickle_bytes.size(), kMaxPickle, name);
  }
  std::map<std::string, StoredSum> sums;
  const auto lookup = [&](std::string_view key, std::uint64_t expected) {
    const std::string path = root + "/data/" + std::string(key);
    const ZipEntry* entry = archive.find(path);
    if (entry == nullptr || entry->bytes.size() != expected) {
      fail(ErrorCode::corrupt_data, "torch: storage {}: got {} bytes, expected {} ({})", key,
           entry == nullptr ? 0 : entry->bytes.size(), expected, name);
    }
    if (auto kept = archive.sum(path)) sums.emplace(path, *std::move(kept));
    return entry->bytes;
  };
  ByteReader reader(pickle_bytes, "pickle", name);
  const Pickle pickle = read_pickle(reader, is_torch_global);
  TorchContent content = read_torch_content(pickle, lookup, archive.size(), name, recognises);
  content.tensors.storage.push_back(std::move(keep_alive));
  for (auto& [path, kept] : sums) content.sums.push_back(std::move(kept));
  return content;
}

}  // namespace diptych::checkpoint
