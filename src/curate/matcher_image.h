#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace diptych::curate {

// The automaton as it lies in memory and on disk: little-endian, each section aligned to 8 bytes,
// in this order: header, words, states, transitions, same_entry, letters.

struct MatcherHeader {
  char magic[8];
  std::uint64_t fingerprint;
  std::uint32_t options;  ///< bits, see query_matcher.cpp
  std::uint32_t entries;
  std::uint32_t dead_entries;
  std::uint32_t longest_word;      ///< bytes
  std::uint64_t word_slots;        ///< a power of two
  std::uint64_t states;            ///< the root is 0
  std::uint64_t transition_slots;  ///< a power of two
  std::uint64_t letters;           ///< bytes
};

/// A slot of the table of words. A word of up to 7 bytes is its key; the bytes of a longer one are
/// in `letters`, after their number in four bytes; its key has their place there in the low 32
/// bits.
struct WordSlot {
  std::uint64_t key;     ///< 0: empty
  std::uint32_t symbol;  ///< the word's number, from 1
  std::uint32_t state;   ///< where it leads from the root; 0: nowhere
};

/// States are numbered by depth, so that `fallback` and `shorter` are always smaller numbers.
struct MatcherState {
  /// The longest proper suffix that is a state from which words lead on; 0: the root.
  std::uint32_t fallback;
  /// The longest proper suffix that is a state with an entry; 0: none.
  std::uint32_t shorter;
  /// The first entry that ends here, plus 1; 0: none.
  std::uint32_t entry;
  std::uint32_t flags;
};
inline constexpr std::uint32_t kLeadsOn = 1;     ///< a word leads on from the state
inline constexpr std::uint32_t kNeedsSpace = 2;  ///< its entries end at a space only
inline constexpr std::uint32_t kSeveral = 4;     ///< several entries end here, see `same_entry`

/// A slot of the table of transitions from states other than the root.
struct TransitionSlot {
  std::uint32_t from;  ///< 0: empty
  std::uint32_t symbol;
  std::uint32_t to;
};

/// A word's key and where its search in the table begins.
struct WordKey {
  std::uint64_t key = 0;
  std::uint64_t hash = 0;
};

inline constexpr std::size_t kShortWord = 7;
inline constexpr std::uint64_t kLongWord = 0x3F;  ///< in place of a length

/// Returns `key` of a word of up to kShortWord bytes, from those bytes, little-endian.
inline std::uint64_t short_key(std::uint64_t letters, std::size_t length, bool space_before) {
  const std::uint64_t tag = (space_before ? 0x80U : 0x40U) | length;
  return letters | tag << 56U;
}

inline std::uint64_t hash_of(std::uint64_t key) {
  key *= 0x9E3779B97F4A7C15U;
  key ^= key >> 32U;
  key *= 0xD6E8FEB86659FD93U;
  return key ^ key >> 32U;
}

/// Returns where the search for a transition begins.
inline std::uint64_t transition_hash(std::uint32_t from, std::uint32_t symbol) {
  return hash_of(std::uint64_t{from} << 32U | symbol);
}

/// A view of the sections. Copying copies the view.
class MatcherImage {
 public:
  MatcherImage() = default;
  /// Checks every number in `bytes`, whose address is a multiple of 8, so that no walk through it
  /// leaves it or goes round. Throws Error(corrupt_data), naming `name`.
  MatcherImage(std::span<const std::byte> bytes, std::string_view name);

  std::span<const std::byte> bytes() const { return bytes_; }
  const MatcherHeader& header() const { return *header_; }
  const MatcherState& state(std::uint32_t state) const { return states_[state]; }
  /// Returns the next entry with the same words as `entry`, plus 1; 0: none.
  std::uint32_t same_entry(std::uint32_t entry) const { return same_entry_[entry]; }

  /// Has the memory fetched in which `find` of the word, and a step to the state, will look first:
  /// tables far larger than the caches are the whole cost of matching.
  void prefetch(const WordKey& key) const {
    __builtin_prefetch(&words_[key.hash & (words_.size() - 1)]);
  }
  void prefetch(std::uint32_t state) const { __builtin_prefetch(&states_[state]); }
  void prefetch(std::uint32_t from, std::uint32_t symbol) const {
    __builtin_prefetch(&transitions_[transition_hash(from, symbol) & (transitions_.size() - 1)]);
  }

  /// Returns the slot of a word; nullptr: no entry has it.
  const WordSlot* find(std::string_view word, const WordKey& key) const;
  /// Returns where a word leads from a state other than the root; 0: nowhere.
  std::uint32_t child(std::uint32_t from, std::uint32_t symbol) const;

  static std::size_t size_of(const MatcherHeader& header);

 private:
  std::string_view long_word(std::size_t offset) const;
  void check(std::string_view name) const;

  std::span<const std::byte> bytes_;
  const MatcherHeader* header_ = nullptr;
  std::span<const WordSlot> words_;
  std::span<const MatcherState> states_;
  std::span<const TransitionSlot> transitions_;
  std::span<const std::uint32_t> same_entry_;
  std::string_view letters_;
};

/// Returns the key of any word; for a long one `key` is without its place in the letters.
WordKey word_key(std::string_view word, bool space_before);

}  // namespace diptych::curate
