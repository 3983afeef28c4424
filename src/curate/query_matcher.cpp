#include "curate/query_matcher.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/atomic_file.h"
#include "curate/matcher_builder.h"

namespace diptych::curate {

namespace {

/// The key of a word that lies in `text`, read eight bytes at a time where the text goes on.
WordKey key_within(std::string_view text, const SpacedWord& word) {
  const std::string_view bytes = word.bytes;
  if (bytes.size() > kShortWord || text.data() + text.size() - bytes.data() < 8) {
    return word_key(bytes, word.space_before);
  }
  std::uint64_t letters = 0;
  std::memcpy(&letters, bytes.data(), sizeof(letters));
  letters &= (std::uint64_t{1} << (8 * bytes.size())) - 1;
  const std::uint64_t key = short_key(letters, bytes.size(), word.space_before);
  return {key, hash_of(key)};
}

/// Words that are looked up together, so that their places in memory are fetched side by side.
constexpr std::size_t kBatch = 32;

/// Follows the automaton over one text.
class Walk {
 public:
  Walk(const MatcherImage& image, std::string_view text, std::vector<std::uint32_t>& found)
      : image_(image), text_(text), found_(found), longest_(image.header().longest_word) {}

  void take(std::span<const SpacedWord> words) {
    std::array<WordKey, kBatch> keys;
    std::array<const WordSlot*, kBatch> slots;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i].bytes.size() > longest_) continue;
      keys[i] = key_within(text_, words[i]);
      image_.prefetch(keys[i]);
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool is_known = words[i].bytes.size() <= longest_;
      slots[i] = is_known ? image_.find(words[i].bytes, keys[i]) : nullptr;
      if (slots[i] == nullptr) continue;
      image_.prefetch(slots[i]->state);
      if (i > 0 && slots[i - 1] != nullptr) {
        image_.prefetch(slots[i - 1]->state, slots[i]->symbol);
      }
    }
    for (std::size_t i = 0; i < words.size(); ++i) take(words[i], slots[i]);
  }

 private:
  void take(const SpacedWord& word, const WordSlot* slot) {
    if (slot == nullptr) {
      state_ = 0;
      return;
    }
    const std::uint32_t reached = step(*slot);
    const MatcherState& state = image_.state(reached);
    if (state.entry != 0) add(state, word);
    for (std::uint32_t shorter = state.shorter; shorter != 0;) {
      const MatcherState& other = image_.state(shorter);
      add(other, word);
      shorter = other.shorter;
    }
    state_ = (state.flags & kLeadsOn) != 0 ? reached : state.fallback;
  }

  /// The longest known sequence of words that ends with this one.
  std::uint32_t step(const WordSlot& slot) {
    while (state_ != 0) {
      if (const std::uint32_t next = image_.child(state_, slot.symbol)) return next;
      state_ = image_.state(state_).fallback;
    }
    return slot.state;
  }

  void add(const MatcherState& state, const SpacedWord& word) {
    if ((state.flags & kNeedsSpace) != 0 && !word.space_after) return;
    found_.push_back(state.entry - 1);
    if ((state.flags & kSeveral) == 0) return;
    for (std::uint32_t entry = image_.same_entry(state.entry - 1); entry != 0;
         entry = image_.same_entry(entry - 1)) {
      found_.push_back(entry - 1);
    }
  }

  const MatcherImage& image_;
  std::string_view text_;
  std::vector<std::uint32_t>& found_;
  std::size_t longest_;
  std::uint32_t state_ = 0;  ///< one from which words lead on, or the root
};

}  // namespace

QueryMatcher::QueryMatcher(std::span<const std::string> entries, const MatcherOptions& options)
    : owned_(build_matcher(entries, options)),
      image_(std::as_bytes(std::span(owned_)), "in memory") {}

QueryMatcher::QueryMatcher(const std::filesystem::path& saved)
    : file_(saved), image_(file_->bytes(), file_->name()) {}

void QueryMatcher::save(const std::filesystem::path& path) const {
  AtomicFile file(path);
  file.write(image_.bytes());
  file.commit();
}

MatcherOptions QueryMatcher::options() const {
  return options_of(image_.header().options);
}

void QueryMatcher::match(std::string_view text, std::vector<std::uint32_t>& found) const {
  found.clear();
  if (options().fold_case) {
    match_spaced(fold_case(text), found);
  } else {
    match_spaced(text, found);
  }
}

void QueryMatcher::match_spaced(std::string_view text, std::vector<std::uint32_t>& found) const {
  SpacedWords words(text, options().script, /*marks=*/true);
  Walk walk(image_, text, found);
  std::array<SpacedWord, kBatch> batch;
  std::size_t count = 0;
  do {
    for (count = 0; count < kBatch && words.next(batch[count]);) ++count;
    walk.take(std::span(batch).first(count));
  } while (count == kBatch);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
}

}  // namespace diptych::curate
