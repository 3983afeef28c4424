#include "curate/matcher_image.h"

#include <bit>
#include <cstring>

#include "base/error.h"

namespace diptych::curate {

namespace {

static_assert(std::endian::native == std::endian::little, "the file is little-endian");

constexpr std::uint64_t kOffsetMask = 0xFFFFFFFFU;
constexpr std::uint64_t kHashMask = 0xFFFFFF00000000U;
constexpr std::string_view kImageMagic = "dptquery";

std::size_t padded(std::uint64_t size) {
  return (size + 7) / 8 * 8;
}

struct Layout {
  std::size_t words;
  std::size_t states;
  std::size_t transitions;
  std::size_t same_entry;
  std::size_t letters;
  std::size_t end;
};

Layout layout_of(const MatcherHeader& header) {
  Layout layout{};
  layout.words = sizeof(MatcherHeader);
  layout.states = layout.words + header.word_slots * sizeof(WordSlot);
  layout.transitions = layout.states + header.states * sizeof(MatcherState);
  layout.same_entry = layout.transitions + padded(header.transition_slots * sizeof(TransitionSlot));
  layout.letters = layout.same_entry + padded(header.entries * sizeof(std::uint32_t));
  layout.end = layout.letters + padded(header.letters);
  return layout;
}

template <typename T>
std::span<const T> section(std::span<const std::byte> bytes, std::size_t offset,
                           std::size_t count) {
  return {reinterpret_cast<const T*>(bytes.data() + offset), count};
}

void expect(bool condition, std::string_view what, std::string_view name) {
  if (!condition) fail(ErrorCode::corrupt_data, "saved queries: got {} ({})", what, name);
}

void check_header(std::span<const std::byte> bytes, std::string_view name) {
  expect(bytes.size() >= sizeof(MatcherHeader), "a cut file", name);
  MatcherHeader header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  expect(std::memcmp(header.magic, kImageMagic.data(), kImageMagic.size()) == 0,
         "another file or version, expected one that diptych curate match saved", name);
  constexpr std::uint64_t kMost = std::uint64_t{1} << 33;
  expect(header.word_slots <= kMost && header.states <= kMost && header.states > 0 &&
             header.transition_slots <= kMost && header.letters <= kMost &&
             std::has_single_bit(header.word_slots) && std::has_single_bit(header.transition_slots),
         "sizes out of range", name);
  expect(layout_of(header).end == bytes.size(), "a cut file", name);
}

}  // namespace

WordKey word_key(std::string_view word, bool space_before) {
  if (word.size() <= kShortWord) {
    std::uint64_t letters = 0;
    std::memcpy(&letters, word.data(), word.size());
    const std::uint64_t key = short_key(letters, word.size(), space_before);
    return {key, hash_of(key)};
  }
  std::uint64_t hash = word.size();
  for (std::size_t i = 0; i < word.size(); i += 8) {
    std::uint64_t letters = 0;
    std::memcpy(&letters, word.data() + i, word.size() - i < 8 ? word.size() - i : 8);
    hash = hash_of(hash ^ letters);
  }
  const std::uint64_t tag = (space_before ? 0x80U : 0x40U) | kLongWord;
  return {tag << 56U | (hash << 32U & kHashMask), hash};
}

std::size_t MatcherImage::size_of(const MatcherHeader& header) {
  return layout_of(header).end;
}

MatcherImage::MatcherImage(std::span<const std::byte> bytes, std::string_view name)
    : bytes_(bytes) {
  check_header(bytes, name);
  header_ = reinterpret_cast<const MatcherHeader*>(bytes.data());
  const Layout layout = layout_of(*header_);
  words_ = section<WordSlot>(bytes, layout.words, header_->word_slots);
  states_ = section<MatcherState>(bytes, layout.states, header_->states);
  transitions_ = section<TransitionSlot>(bytes, layout.transitions, header_->transition_slots);
  same_entry_ = section<std::uint32_t>(bytes, layout.same_entry, header_->entries);
  letters_ = {reinterpret_cast<const char*>(bytes.data() + layout.letters), header_->letters};
  check(name);
}

void MatcherImage::check(std::string_view name) const {
  std::size_t empty = 0;
  for (const WordSlot& slot : words_) {
    if (slot.key == 0) ++empty;
    const bool is_long = (slot.key >> 56U & kLongWord) == kLongWord;
    expect(slot.state < states_.size(), "a word that leads nowhere", name);
    expect(!is_long || (slot.key & kOffsetMask) < letters_.size(), "a word outside the file", name);
  }
  expect(empty > 0, "a full table of words", name);
  empty = 0;
  for (const TransitionSlot& slot : transitions_) {
    if (slot.from == 0) ++empty;
    expect(slot.to < states_.size(), "a step that leads nowhere", name);
  }
  expect(empty > 0, "a full table of steps", name);
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const MatcherState& state = states_[i];
    expect((i == 0 || (state.fallback < i && state.shorter < i)) && state.entry <= header_->entries,
           "a state that leads nowhere", name);
  }
  expect(states_[0].fallback == 0 && states_[0].shorter == 0, "a root that is none", name);
  for (std::size_t i = 0; i < same_entry_.size(); ++i) {
    expect(same_entry_[i] == 0 || (same_entry_[i] > i + 1 && same_entry_[i] <= header_->entries),
           "entries that go round", name);
  }
}

std::string_view MatcherImage::long_word(std::size_t offset) const {
  std::uint32_t length = 0;
  if (letters_.size() - offset < sizeof(length)) return {};
  std::memcpy(&length, letters_.data() + offset, sizeof(length));
  return letters_.substr(offset + sizeof(length), length);
}

const WordSlot* MatcherImage::find(std::string_view word, const WordKey& key) const {
  const std::uint64_t mask = words_.size() - 1;
  for (std::uint64_t i = key.hash & mask;; i = (i + 1) & mask) {
    const WordSlot& slot = words_[i];
    if (slot.key == 0) return nullptr;
    if (word.size() <= kShortWord) {
      if (slot.key == key.key) return &slot;
    } else if ((slot.key & ~kOffsetMask) == key.key) {
      if (long_word(slot.key & kOffsetMask) == word) return &slot;
    }
  }
}

std::uint32_t MatcherImage::child(std::uint32_t from, std::uint32_t symbol) const {
  const std::uint64_t mask = transitions_.size() - 1;
  for (std::uint64_t i = transition_hash(from, symbol) & mask;; i = (i + 1) & mask) {
    const TransitionSlot& slot = transitions_[i];
    if (slot.from == from && slot.symbol == symbol) return slot.to;
    if (slot.from == 0) return 0;
  }
}

}  // namespace diptych::curate
