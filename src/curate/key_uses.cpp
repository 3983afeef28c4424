#include "curate/key_uses.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "base/error.h"
#include "curate/stable_hash.h"

namespace diptych::curate {

namespace {

/// Nothing for a sample that cannot be read, as a table's without its picture.
std::string key_at(const shards::Dataset& file, std::size_t index) {
  try {
    return file.at(index).key;
  } catch (const Error&) {
    return {};
  }
}

bool have_different_parts(const shards::Dataset& file, const std::vector<std::size_t>& samples) {
  std::set<std::string> seen;
  for (const std::size_t index : samples) {
    for (const auto& [extension, bytes] : file.at(index).parts) {
      if (!seen.insert(extension).second) return false;
    }
  }
  return true;
}

}  // namespace

std::vector<KeyUse> key_uses(const shards::Dataset& file) {
  std::unordered_map<std::uint64_t, std::size_t> first_of;
  std::map<std::size_t, std::vector<std::size_t>> repeated;
  for (std::size_t i = 0; i < file.size(); ++i) {
    const std::string key = key_at(file, i);
    if (key.empty()) continue;
    const auto [place, is_new] = first_of.emplace(stable_hash(key, 0), i);
    if (!is_new) repeated[place->second].push_back(i);
  }
  std::vector<KeyUse> uses(file.size());
  for (auto& [first, others] : repeated) {
    std::vector<std::size_t> all = {first};
    all.insert(all.end(), others.begin(), others.end());
    const bool apart = have_different_parts(file, all);
    for (const std::size_t other : others)
      uses[other].kind = apart ? KeyUse::Kind::apart : KeyUse::Kind::repeated;
    if (!apart) continue;
    uses[first].kind = KeyUse::Kind::apart;
    uses[first].others = std::move(others);
  }
  return uses;
}

bool KnownKeys::insert(std::string_view key) {
  return !keys_.insert(stable_hash(key, 0)).second;
}

}  // namespace diptych::curate
