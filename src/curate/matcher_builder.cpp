#include "curate/matcher_builder.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "base/error.h"

namespace diptych::curate {

namespace {

constexpr std::uint32_t kFoldCase = 1;
constexpr std::uint32_t kSpaceEntries = 2;
constexpr std::uint32_t kUnspaced = 4;
constexpr std::string_view kMarks = ",.;:?!`";

bool is_dead_word(std::string_view word) {
  if (word.find_first_of("\t\n\r") != std::string_view::npos) return true;
  return word.size() > 1 && word.find_first_of(kMarks) != std::string_view::npos;
}

/// Whether no text can contain an entry.
bool is_dead(std::string_view entry) {
  SpacedWords words(entry, Script::spaced, /*marks=*/false);
  SpacedWord word;
  while (words.next(word)) {
    if (is_dead_word(word.bytes)) return true;
  }
  return false;
}

/// A growing table of open addressing with the slots of a MatcherImage.
template <typename Slot, typename IsEmpty, typename HashOf>
void grow(std::vector<Slot>& slots, IsEmpty is_empty, HashOf hash_of_slot) {
  std::vector<Slot> larger(slots.size() * 2);
  const std::uint64_t mask = larger.size() - 1;
  for (const Slot& slot : slots) {
    if (is_empty(slot)) continue;
    std::uint64_t i = hash_of_slot(slot) & mask;
    while (!is_empty(larger[i])) i = (i + 1) & mask;
    larger[i] = slot;
  }
  slots = std::move(larger);
}

/// The table of words: numbers each different one.
class Words {
 public:
  std::uint32_t number(std::string_view word, bool space_before) {
    longest_ = std::max(longest_, word.size());
    const WordKey key = word_key(word, space_before);
    std::uint64_t i = key.hash & (slots_.size() - 1);
    for (; slots_[i].key != 0; i = (i + 1) & (slots_.size() - 1)) {
      if (is_same(slots_[i].key, word, key)) return slots_[i].symbol;
    }
    slots_[i] = {key.key, ++count_, 0};
    hashes_.push_back(key.hash);
    if (word.size() > kShortWord) append_letters(slots_[i], word);
    if (count_ > slots_.size() / 2) {
      grow(
          slots_, [](const WordSlot& slot) { return slot.key == 0; },
          [this](const WordSlot& slot) { return hashes_[slot.symbol - 1]; });
    }
    return count_;
  }

  void set_states(std::span<const std::uint32_t> state_of_symbol) {
    for (WordSlot& slot : slots_) {
      if (slot.key != 0) slot.state = state_of_symbol[slot.symbol];
    }
  }

  std::uint32_t count() const { return count_; }
  std::size_t longest() const { return longest_; }
  const std::vector<WordSlot>& slots() const { return slots_; }
  const std::string& letters() const { return letters_; }

 private:
  static constexpr std::uint64_t kOffset = 0xFFFFFFFFU;

  bool is_same(std::uint64_t slot_key, std::string_view word, const WordKey& key) const {
    if (word.size() <= kShortWord) return slot_key == key.key;
    if ((slot_key & ~kOffset) != key.key) return false;
    std::uint32_t length = 0;
    const std::size_t offset = slot_key & kOffset;
    std::memcpy(&length, letters_.data() + offset, sizeof(length));
    return std::string_view(letters_).substr(offset + sizeof(length), length) == word;
  }

  void append_letters(WordSlot& slot, std::string_view word) {
    const auto length = static_cast<std::uint32_t>(word.size());
    if (letters_.size() + word.size() > kOffset - sizeof(length)) {
      fail(ErrorCode::invalid_argument, "entries: got over 4 GiB of words, expected fewer");
    }
    slot.key |= letters_.size();
    letters_.append(reinterpret_cast<const char*>(&length), sizeof(length));
    letters_ += word;
  }

  std::vector<WordSlot> slots_ = std::vector<WordSlot>(1024);
  std::vector<std::uint64_t> hashes_;  // by symbol - 1
  std::string letters_;
  std::uint32_t count_ = 0;
  std::size_t longest_ = 0;
};

/// One way in which an entry may stand in a text.
struct Pattern {
  std::uint32_t entry;
  std::uint32_t first;  ///< in the list of all patterns' symbols
  std::uint32_t length;
  std::uint32_t state = 0;
  bool needs_space = true;
};

/// The states, made level by level, so that everything shorter is finished.
class States {
 public:
  explicit States(std::uint32_t symbols) : from_root_(symbols + 1) {}

  std::uint32_t add(std::uint32_t from, std::uint32_t symbol) {
    if (const std::uint32_t there = child(from, symbol)) return there;
    const auto made = static_cast<std::uint32_t>(states_.size());
    MatcherState state{};
    if (from == 0) {
      from_root_[symbol] = made;
      suffix_.push_back(0);
    } else {
      suffix_.push_back(suffix_of(from, symbol));
      insert({from, symbol, made});
      states_[from].flags |= kLeadsOn;
    }
    states_.push_back(state);
    return made;
  }

  void set_entry(const Pattern& pattern, std::vector<std::uint32_t>& same_entry) {
    MatcherState& state = states_[pattern.state];
    if (pattern.needs_space) state.flags |= kNeedsSpace;
    if (state.entry != 0) {
      std::uint32_t last = last_entry_[pattern.state];
      if (last == pattern.entry) return;  // the same entry in another way
      same_entry[last] = pattern.entry + 1;
      state.flags |= kSeveral;
    } else {
      state.entry = pattern.entry + 1;
    }
    last_entry_.resize(states_.size());
    last_entry_[pattern.state] = pattern.entry;
  }

  /// Sets what matching follows from the longest proper suffixes.
  void link() {
    for (std::uint32_t i = 1; i < states_.size(); ++i) {
      const MatcherState& suffix = states_[suffix_[i]];
      states_[i].fallback = (suffix.flags & kLeadsOn) != 0 ? suffix_[i] : suffix.fallback;
      states_[i].shorter = suffix.entry != 0 ? suffix_[i] : suffix.shorter;
    }
  }

  const std::vector<MatcherState>& states() const { return states_; }
  const std::vector<TransitionSlot>& transitions() const { return slots_; }
  const std::vector<std::uint32_t>& from_root() const { return from_root_; }

 private:
  std::uint32_t child(std::uint32_t from, std::uint32_t symbol) const {
    if (from == 0) return from_root_[symbol];
    const std::uint64_t mask = slots_.size() - 1;
    for (std::uint64_t i = transition_hash(from, symbol) & mask;; i = (i + 1) & mask) {
      if (slots_[i].from == from && slots_[i].symbol == symbol) return slots_[i].to;
      if (slots_[i].from == 0) return 0;
    }
  }

  std::uint32_t suffix_of(std::uint32_t from, std::uint32_t symbol) const {
    for (std::uint32_t state = suffix_[from];; state = suffix_[state]) {
      const std::uint32_t longer = child(state, symbol);
      if (longer != 0 || state == 0) return longer;
    }
  }

  void insert(const TransitionSlot& slot) {
    const std::uint64_t mask = slots_.size() - 1;
    std::uint64_t i = transition_hash(slot.from, slot.symbol) & mask;
    while (slots_[i].from != 0) i = (i + 1) & mask;
    slots_[i] = slot;
    if (++filled_ <= slots_.size() / 2) return;
    grow(
        slots_, [](const TransitionSlot& other) { return other.from == 0; },
        [](const TransitionSlot& other) { return transition_hash(other.from, other.symbol); });
  }

  std::vector<MatcherState> states_ = std::vector<MatcherState>(1);
  std::vector<std::uint32_t> suffix_ = {0};
  std::vector<std::uint32_t> last_entry_;
  std::vector<std::uint32_t> from_root_;
  std::vector<TransitionSlot> slots_ = std::vector<TransitionSlot>(1024);
  std::size_t filled_ = 0;
};

/// The words of the entries, and the patterns over them.
class Patterns {
 public:
  explicit Patterns(const MatcherOptions& options) : options_(options) {}

  void add(std::uint32_t entry, std::string_view text) {
    const auto first = static_cast<std::uint32_t>(symbols_.size());
    SpacedWords words(text, options_.script, /*marks=*/false);
    SpacedWord word;
    SpacedWord opening;
    while (words.next(word)) {
      if (symbols_.size() == first) opening = word;
      symbols_.push_back(words_.number(word.bytes, word.space_before));
    }
    dead_ += is_dead(text) ? 1 : 0;
    const auto length = static_cast<std::uint32_t>(symbols_.size() - first);
    const bool is_unspaced = options_.script == Script::unspaced;
    const bool needs_space = !is_unspaced || !is_unspaced_word(word.bytes);
    patterns_.push_back({entry, first, length, 0, needs_space});
    if (is_unspaced && is_unspaced_word(opening.bytes)) add_inside(entry, opening, needs_space);
  }

  /// The most words that one pattern has.
  std::uint32_t longest() const {
    std::uint32_t longest = 0;
    for (const Pattern& pattern : patterns_) longest = std::max(longest, pattern.length);
    return longest;
  }

  Words& words() { return words_; }
  std::vector<Pattern>& patterns() { return patterns_; }
  std::uint32_t symbol(const Pattern& pattern, std::uint32_t place) const {
    return symbols_[pattern.first + place];
  }
  std::uint32_t dead() const { return dead_; }

 private:
  /// The entry as it stands in the middle of a run.
  void add_inside(std::uint32_t entry, const SpacedWord& opening, bool needs_space) {
    const Pattern outside = patterns_.back();
    const auto first = static_cast<std::uint32_t>(symbols_.size());
    symbols_.push_back(words_.number(opening.bytes, false));
    for (std::uint32_t i = 1; i < outside.length; ++i) symbols_.push_back(symbol(outside, i));
    patterns_.push_back({entry, first, outside.length, 0, needs_space});
  }

  MatcherOptions options_;
  Words words_;
  std::vector<std::uint32_t> symbols_;
  std::vector<Pattern> patterns_;
  std::uint32_t dead_ = 0;
};

std::uint64_t fingerprint_of(std::span<const std::string> entries, std::uint32_t options) {
  std::uint64_t fingerprint = hash_of(options + 1);
  for (const std::string& entry : entries) {
    fingerprint = hash_of(fingerprint ^ word_key(entry, true).hash) + entry.size();
  }
  return fingerprint;
}

template <typename T>
std::byte* append(std::byte* place, const T* values, std::size_t count) {
  if (count > 0) std::memcpy(place, values, count * sizeof(T));
  return place + (count * sizeof(T) + 7) / 8 * 8;
}

std::vector<std::uint64_t> assemble(const MatcherHeader& header, const Words& words,
                                    const States& states,
                                    const std::vector<std::uint32_t>& same_entry) {
  std::vector<std::uint64_t> image(MatcherImage::size_of(header) / sizeof(std::uint64_t));
  auto* place = reinterpret_cast<std::byte*>(image.data());
  place = append(place, &header, 1);
  place = append(place, words.slots().data(), words.slots().size());
  place = append(place, states.states().data(), states.states().size());
  place = append(place, states.transitions().data(), states.transitions().size());
  place = append(place, same_entry.data(), same_entry.size());
  append(place, words.letters().data(), words.letters().size());
  return image;
}

}  // namespace

std::uint32_t option_bits(const MatcherOptions& options) {
  return (options.fold_case ? kFoldCase : 0) | (options.space_entries ? kSpaceEntries : 0) |
         (options.script == Script::unspaced ? kUnspaced : 0);
}

MatcherOptions options_of(std::uint32_t bits) {
  MatcherOptions options;
  options.fold_case = (bits & kFoldCase) != 0;
  options.space_entries = (bits & kSpaceEntries) != 0;
  options.script = (bits & kUnspaced) != 0 ? Script::unspaced : Script::spaced;
  return options;
}

std::string spaced_out(std::string_view entry) {
  std::string spaced;
  for (const char c : entry) {
    const bool is_mark = kMarks.find(c) != std::string_view::npos;
    if (is_mark) spaced += ' ';
    spaced += c == '\t' || c == '\n' || c == '\r' ? ' ' : c;
    if (is_mark) spaced += ' ';
  }
  return spaced;
}

std::vector<std::uint64_t> build_matcher(std::span<const std::string> entries,
                                         const MatcherOptions& options) {
  if (entries.empty() || entries.size() > std::numeric_limits<std::int32_t>::max()) {
    fail(ErrorCode::invalid_argument, "entries: got {}, expected from 1 to 2^31", entries.size());
  }
  Patterns patterns(options);
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    const bool is_spaced = options.space_entries && is_dead(entries[i]);
    const std::string entry = is_spaced ? spaced_out(entries[i]) : entries[i];
    patterns.add(i, options.fold_case ? fold_case(entry) : entry);
  }
  States states(patterns.words().count());
  for (std::uint32_t depth = 0; depth < patterns.longest(); ++depth) {
    for (Pattern& pattern : patterns.patterns()) {
      if (depth < pattern.length) {
        pattern.state = states.add(pattern.state, patterns.symbol(pattern, depth));
      }
    }
  }
  std::vector<std::uint32_t> same_entry(entries.size());
  for (const Pattern& pattern : patterns.patterns()) states.set_entry(pattern, same_entry);
  states.link();
  patterns.words().set_states(states.from_root());

  MatcherHeader header{};
  std::memcpy(header.magic, "dptquery", sizeof(header.magic));
  header.fingerprint = fingerprint_of(entries, option_bits(options));
  header.options = option_bits(options);
  header.entries = static_cast<std::uint32_t>(entries.size());
  header.dead_entries = patterns.dead();
  header.longest_word = static_cast<std::uint32_t>(patterns.words().longest());
  header.word_slots = patterns.words().slots().size();
  header.states = states.states().size();
  header.transition_slots = states.transitions().size();
  header.letters = patterns.words().letters().size();
  return assemble(header, patterns.words(), states, same_entry);
}

}  // namespace diptych::curate
