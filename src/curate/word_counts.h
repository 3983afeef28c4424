#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "curate/best_entries.h"
#include "curate/external_counter.h"
#include "curate/word_splitter.h"

namespace diptych::curate {

/// Counts words and pairs of neighbours with bounded memory.
class WordCounts {
 public:
  /// `memory`: bytes. Throws Error as WordSplitter.
  WordCounts(std::string_view language, std::size_t memory)
      : splitter_(language), words_(memory / 4), pairs_(memory / 4 * 3), memory_(memory) {}

  void add(std::string_view text);

  std::uint64_t total() const { return total_; }
  std::uint64_t different_words() const { return different_; }
  std::uint64_t different_pairs() const { return different_pairs_; }

  /// Gives `best` the words with at least `least` occurrences, by their number.
  void take_words(std::uint64_t least, BestEntries& best, std::uint64_t& enough);

  struct PairRule {
    std::uint64_t least_count = 1;
    double least_information = 0.0;  ///< bits
  };
  /// Gives `best` the pairs that fit the rule, by their information: log2(n total / (n1 n2)), as
  /// nltk's BigramAssocMeasures.pmi. Call once.
  void take_pairs(const PairRule& rule, BestEntries& best, std::uint64_t& enough);

 private:
  WordSplitter splitter_;
  ExternalCounter words_;
  ExternalCounter pairs_;  ///< "first NUL second"
  std::size_t memory_;
  std::uint64_t total_ = 0;
  std::uint64_t different_ = 0;
  std::uint64_t different_pairs_ = 0;
  std::string last_;
  std::string pair_;
};

}  // namespace diptych::curate
