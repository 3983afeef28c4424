#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::curate {

/// A candidate for a query.
struct ScoredEntry {
  std::string text;
  double score = 0.0;

  /// Orders the higher score first, equal ones by their bytes.
  friend bool operator<(const ScoredEntry& a, const ScoredEntry& b) {
    return a.score != b.score ? a.score > b.score : a.text < b.text;
  }
};

/// Keeps the best of any number of entries, at most so many at a time.
class BestEntries {
 public:
  explicit BestEntries(std::size_t most) : most_(most) {}

  void add(std::string_view text, double score) {
    if (most_ == 0) return;
    if (heap_.size() == most_) {
      const bool is_worse = score < heap_.front().score ||
                            (score == heap_.front().score && text > heap_.front().text);
      if (is_worse) return;
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
    }
    heap_.push_back({std::string(text), score});
    std::push_heap(heap_.begin(), heap_.end());
  }

  /// Returns the entries, the best first.
  std::vector<ScoredEntry> take() {
    std::sort(heap_.begin(), heap_.end());
    return std::move(heap_);
  }

 private:
  std::size_t most_;
  std::vector<ScoredEntry> heap_;  ///< the worst in front
};

}  // namespace diptych::curate
