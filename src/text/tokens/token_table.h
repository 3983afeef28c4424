#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace diptych::text {

/// Ids of tokens by their bytes: a hash table with open addressing, which answers "no such token"
/// (what tokenizers ask most) from one slot. Finding is thread-safe.
class TokenTable {
 public:
  static constexpr std::int32_t kNone = -1;

  /// Adds a token; a later id replaces an earlier one of the same token. The bytes must outlive the
  /// table.
  void insert(std::string_view token, std::int32_t id) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    size_ += place({token, hash(token), id}) ? 1 : 0;
  }

  /// Returns the id, or kNone.
  std::int32_t find(std::string_view token) const {
    if (slots_.empty()) return kNone;
    return slots_[slot_of(token, hash(token))].id;
  }

 private:
  struct Slot {
    std::string_view token;
    std::uint32_t hash = 0;
    std::int32_t id = kNone;
  };

  static std::uint32_t hash(std::string_view token) {
    return static_cast<std::uint32_t>(std::hash<std::string_view>()(token));
  }

  /// Returns the slot that holds the token, or the empty one where it belongs.
  std::size_t slot_of(std::string_view token, std::uint32_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].id != kNone && (slots_[at].hash != hash || slots_[at].token != token)) {
      at = (at + 1) & mask;
    }
    return at;
  }

  /// Returns whether the token is new.
  bool place(const Slot& entry) {
    Slot& slot = slots_[slot_of(entry.token, entry.hash)];
    const bool is_new = slot.id == kNone;
    slot = entry;
    return is_new;
  }

  void grow() {
    constexpr std::size_t kFirstSlots = 1024;  // a power of two, as all sizes are
    std::vector<Slot> old(slots_.empty() ? kFirstSlots : 2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.id != kNone) place(slot);
    }
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace diptych::text
