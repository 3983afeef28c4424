#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace diptych::curate {

/// Remembers what words add to a text, since texts repeat the same few thousand: a caller keeps one
/// for each model and thread. At most some 40 MB, with `lid.176` 6. Not
/// thread-safe.
class FastTextWords {
 public:
  FastTextWords() : entries_(kEntries) {}

 private:
  friend class FastTextModel;
  static constexpr std::size_t kEntries = std::size_t{1} << 13U;
  /// A word with the vectors of its features, one after another.
  struct Entry {
    std::string word;
    std::vector<float> vectors;
  };
  std::vector<Entry> entries_;  ///< a word's place is its hash, and it is the last one there
  Entry large_;                 ///< the last word of more features than are remembered
};

/// A classifier of texts that fastText trained (arXiv 1607.01759): .bin, or .ftz with its vectors
/// quantised, with hierarchical softmax or softmax, as lid.176 for languages is. Immutable and
/// thread-safe.
class FastTextModel {
 public:
  /// Throws Error: not_found, io, corrupt_data, and unsupported for a model that classifies
  /// nothing, or with n-grams of words.
  explicit FastTextModel(const std::filesystem::path& path);

  /// Returns the likeliest label of a text, which ends at its first line end, without "__label__";
  /// empty when nothing in the text is known to the model. As fastText's `predict`, whatever
  /// `words` holds.
  std::string_view predict(std::string_view text, FastTextWords& words) const;

  std::size_t label_count() const { return labels_.size(); }

 private:
  class Reader;
  struct Node {
    std::int32_t left = -1;
    std::int32_t right = -1;
    std::int64_t count = 0;
  };
  /// Product quantisation: each group of values is one of 256 centroids.
  struct Quantiser {
    std::int32_t dimension = 0;
    std::int32_t groups = 0;
    std::int32_t group_size = 0;
    std::int32_t last_group_size = 0;
    std::vector<float> centroids;
  };
  /// Rows of vectors, as they are or quantised.
  struct Vectors {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::vector<float> values;
    std::vector<std::uint8_t> codes;
    std::vector<std::uint8_t> norm_codes;
    Quantiser quantiser;
    Quantiser norms;

    void append_row(std::int64_t row, std::vector<float>& values) const;
    float dot(std::int64_t row, const std::vector<float>& vector) const;
  };

  void read_dictionary(Reader& reader);
  void add_word(std::string word, std::int8_t type, std::int64_t count);
  void read_kept_buckets(Reader& reader, std::int64_t count);
  /// Returns where a bucket is looked for first, and where it is or would be.
  std::size_t first_place(std::int32_t bucket) const;
  std::size_t place_of(std::int32_t bucket) const;
  static void read_vectors(Reader& reader, bool is_quantised, Vectors& vectors);
  static void read_quantiser(Reader& reader, Quantiser& quantiser);
  void build_tree();
  /// Returns the vectors of a word's features, one after another; they hold until the next call.
  std::span<const float> vectors_of(std::string_view word, FastTextWords& words) const;
  /// Returns the row of a kept bucket's vector after those of words, or -1.
  std::int32_t kept_row(std::int32_t bucket) const;
  /// Calls `take` with the row of each feature of a word.
  template <typename Take>
  void take_word(std::string_view word, Take&& take) const;
  template <typename Take>
  void take_letters(std::string_view word, Take&& take) const;
  std::size_t best_leaf(const std::vector<float>& hidden) const;
  std::size_t best_row(const std::vector<float>& hidden) const;

  bool is_tree_ = false;
  std::int32_t bucket_ = 0;
  std::int32_t least_letters_ = 0;
  std::int32_t most_letters_ = 0;
  std::int64_t word_count_ = 0;
  std::unordered_map<std::string, std::int32_t> words_;
  std::vector<std::string> labels_;
  std::vector<std::int64_t> label_counts_;
  bool is_pruned_ = false;
  /// Buckets that are left of a pruned model, by open addressing: most n-grams are in none, which
  /// is to be found out in one look.
  struct KeptBucket {
    std::int32_t bucket = -1;
    std::int32_t row = -1;
  };
  std::int64_t kept_count_ = 0;
  std::vector<KeptBucket> kept_buckets_;  ///< a power of two of them, at most half taken
  Vectors input_;
  Vectors output_;
  std::vector<Node> tree_;
};

}  // namespace diptych::curate
