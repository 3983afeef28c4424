#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace diptych::curate {

/// Domains whose hosts, and those below them, are blocked.
class BlockedDomains {
 public:
  BlockedDomains() = default;
  /// One domain a line; empty lines and those that begin with # do not count. Throws Error:
  /// not_found, io, invalid_argument for a file without any.
  explicit BlockedDomains(const std::filesystem::path& file);

  /// Returns whether `host`, in lower case, or a domain it belongs to is listed.
  bool contains(std::string_view host) const;

 private:
  std::unordered_set<std::string> domains_;
};

/// A Bloom filter of fixed memory.
class SeenFilter {
 public:
  /// `mebibytes`: its memory, at least 1.
  explicit SeenFilter(std::size_t mebibytes) : words_(mebibytes << 17U) {}

  /// Takes in a key; returns whether it (or, now and then, another) was there before.
  bool insert(std::string_view key);
  /// Returns how often a new key is taken for a known one now, 0 to 1.
  double false_positives() const;

 private:
  static constexpr int kHashes = 7;
  std::vector<std::uint64_t> words_;
  std::uint64_t set_bits_ = 0;
};

}  // namespace diptych::curate
