#include "api/picture_copies.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"

namespace diptych::api {
namespace {

namespace fs = std::filesystem;

/// What two files of the same bytes have in common, and hardly any others.
using Fingerprint = std::pair<std::uintmax_t, std::size_t>;

std::optional<Fingerprint> fingerprint(const fs::path& path) {
  try {
    const std::string bytes = read_text_file(path);
    return Fingerprint{bytes.size(), std::hash<std::string>()(bytes)};
  } catch (const Error&) {
    return std::nullopt;  // whoever decodes it says why
  }
}

}  // namespace

std::size_t count_copies(std::span<const fs::path> pictures, std::span<const fs::path> others) {
  std::set<Fingerprint> known;
  for (const fs::path& other : others) {
    if (const auto seen = fingerprint(other)) known.insert(*seen);
  }
  std::size_t copies = 0;
  for (const fs::path& picture : pictures) {
    const auto own = fingerprint(picture);
    if (own && known.contains(*own)) ++copies;
  }
  return copies;
}

std::size_t count_different(std::span<const fs::path> pictures) {
  std::set<Fingerprint> known;
  std::size_t unreadable = 0;
  for (const fs::path& picture : pictures) {
    if (const auto seen = fingerprint(picture)) {
      known.insert(*seen);
    } else {
      ++unreadable;
    }
  }
  return known.size() + unreadable;
}

}  // namespace diptych::api
