#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace diptych::curate {

/// A classifier of texts that fastText trained (arXiv 1607.01759): .bin, or .ftz with its vectors
/// quantised, with hierarchical softmax or softmax, as lid.176 for languages is. Immutable and
/// thread-safe.
class FastTextModel {
 public:
  /// Throws Error: not_found, io, corrupt_data, and unsupported for a model that classifies
  /// nothing, or with n-grams of words.
  explicit FastTextModel(const std::filesystem::path& path);

  /// Returns the likeliest label of a text, which ends at its first line end, without "__label__";
  /// empty when nothing in the text is known to the model. As fastText's `predict`.
  std::string_view predict(std::string_view text) const;

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

    void add_row(std::int64_t row, std::vector<float>& sum) const;
    float dot(std::int64_t row, const std::vector<float>& vector) const;
  };

  void read_dictionary(Reader& reader);
  void add_word(std::string word, std::int8_t type, std::int64_t count);
  static void read_vectors(Reader& reader, bool is_quantised, Vectors& vectors);
  static void read_quantiser(Reader& reader, Quantiser& quantiser);
  void build_tree();
  /// Calls `take` with the row of each feature of a text.
  template <typename Take>
  void for_each_feature(std::string_view text, Take&& take) const;
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
  std::unordered_map<std::int32_t, std::int32_t> kept_buckets_;
  /// A bit for the low bits of each kept bucket: most n-grams are none, which shows in the cache.
  std::vector<std::uint64_t> maybe_kept_;
  Vectors input_;
  Vectors output_;
  std::vector<Node> tree_;
};

}  // namespace diptych::curate
