#include "curate/word_counts.h"

#include <charconv>
#include <cmath>

namespace diptych::curate {

namespace {

/// What stands before and after the first NUL.
struct Halves {
  std::string_view first;
  std::string_view rest;
};

Halves halves(std::string_view key) {
  const std::size_t nul = key.find('\0');
  return {key.substr(0, nul), key.substr(nul + 1)};
}

/// Moves a sorted walk to `key`, which it has; keys are asked for in order.
std::uint64_t count_at(ExternalCounter::Walk& walk, std::string_view key) {
  while (walk.key() < key && walk.next()) {
  }
  return walk.count();
}

std::uint64_t parse_count(std::string_view digits) {
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace

void WordCounts::add(std::string_view text) {
  splitter_.split(text, [this](std::string_view word, bool follows) {
    if (word.find('\0') != std::string_view::npos) return;
    ++total_;
    words_.add(word);
    if (follows) {
      pair_.assign(last_).append(1, '\0').append(word);
      pairs_.add(pair_);
    }
    last_ = word;
  });
}

void WordCounts::take_words(std::uint64_t least, BestEntries& best, std::uint64_t& enough) {
  const auto walk = words_.walk();
  while (walk->next()) {
    ++different_;
    if (walk->count() < least) continue;
    ++enough;
    best.add(walk->key(), static_cast<double>(walk->count()));
  }
}

void WordCounts::take_pairs(const PairRule& rule, BestEntries& best, std::uint64_t& enough) {
  // Pairs come by their first word; what each of them is counted with comes by its second.
  ExternalCounter by_second(memory_ / 4);
  const double total = static_cast<double>(total_);
  {
    const auto first_words = words_.walk();
    first_words->next();
    const auto pairs = pairs_.walk();
    std::string key;
    while (pairs->next()) {
      ++different_pairs_;
      const auto [first, second] = halves(pairs->key());
      const std::uint64_t count = count_at(*first_words, first);
      // The second word stands at least as often as the pair.
      const double most = std::log2(total / static_cast<double>(count));
      if (pairs->count() < rule.least_count || most < rule.least_information) continue;
      key.assign(second)
          .append(1, '\0')
          .append(std::to_string(count))
          .append(1, '\0')
          .append(first);
      by_second.add(key, pairs->count());
    }
  }
  const auto second_words = words_.walk();
  second_words->next();
  const auto pairs = by_second.walk();
  while (pairs->next()) {
    const auto [second, rest] = halves(pairs->key());
    const auto [first_count, first] = halves(rest);
    const double product = static_cast<double>(parse_count(first_count)) *
                           static_cast<double>(count_at(*second_words, second));
    const double information = std::log2(static_cast<double>(pairs->count()) * total / product);
    if (information < rule.least_information) continue;
    ++enough;
    best.add(std::string(first).append(splitter_.between()).append(second), information);
  }
}

}  // namespace diptych::curate
