#include "curate/fasttext_model.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>

#include "base/as_text.h"
#include "base/error.h"
#include "base/mapped_file.h"

namespace diptych::curate {

namespace {

constexpr std::int32_t kFastTextMagic = 793712314;
constexpr std::int32_t kFastTextVersion = 12;
constexpr std::int32_t kHierarchicalSoftmax = 1;
constexpr std::int32_t kSoftmax = 3;
constexpr std::int32_t kSupervised = 3;
constexpr std::int8_t kWordType = 0;
constexpr std::size_t kCentroids = 256;
constexpr std::string_view kLabelPrefix = "__label__";
constexpr std::string_view kEndOfText = "</s>";
/// A longer word is no word, and its n-grams take as long as it is.
constexpr std::size_t kMaxWord = 1024;
/// A word of more values is not remembered.
constexpr std::size_t kMostValues = 1024;

bool is_word_space(char c) {
  return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r' || c == '\0';
}

/// FNV-1a as fastText has it: bytes are signed.
std::uint32_t add_to_hash(std::uint32_t hash, char c) {
  return (hash ^ static_cast<std::uint32_t>(static_cast<std::int8_t>(c))) * 16777619U;
}
constexpr std::uint32_t kHashStart = 2166136261U;

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// Calls `take` with each word of a line up to the end-of-text word.
template <typename Take>
void for_each_word(std::string_view line, Take&& take) {
  std::size_t at = 0;
  while (true) {
    while (at < line.size() && is_word_space(line[at])) ++at;
    if (at == line.size()) return;
    const std::size_t begin = at;
    while (at < line.size() && !is_word_space(line[at])) ++at;
    const std::string_view word = line.substr(begin, at - begin);
    if (word == kEndOfText) return;
    take(word);
  }
}

/// Adds rows that lie one after another to `sum`, in their order: the sums have the reference's
/// bits.
void add_rows(std::span<const float> rows, std::span<float> sum) {
  constexpr std::size_t kTogether = 16;  // columns that stay in registers
  const std::size_t columns = sum.size();
  std::size_t column = 0;
  for (; column + kTogether <= columns; column += kTogether) {
    std::array<float, kTogether> part;
    std::copy_n(sum.begin() + static_cast<std::ptrdiff_t>(column), kTogether, part.begin());
    for (std::size_t at = column; at < rows.size(); at += columns) {
      for (std::size_t i = 0; i < kTogether; ++i) part[i] += rows[at + i];
    }
    std::copy(part.begin(), part.end(), sum.begin() + static_cast<std::ptrdiff_t>(column));
  }
  for (; column < columns; ++column) {
    for (std::size_t at = column; at < rows.size(); at += columns) sum[column] += rows[at];
  }
}

}  // namespace

/// Reads values from a file's bytes, and fails where they end.
class FastTextModel::Reader {
 public:
  explicit Reader(const MappedFile& file) : rest_(file.bytes()), name_(file.name()) {}

  template <typename Value>
  Value value() {
    static_assert(std::is_trivially_copyable_v<Value>);
    Value read;
    std::memcpy(&read, take(sizeof(Value)).data(), sizeof(Value));
    return read;
  }

  template <typename Value>
  std::vector<Value> values(std::int64_t count) {
    check(count >= 0 && static_cast<std::uint64_t>(count) <= rest_.size() / sizeof(Value),
          "more values than the file has");
    std::vector<Value> read(static_cast<std::size_t>(count));
    const std::span<const std::byte> bytes = take(read.size() * sizeof(Value));
    if (!bytes.empty()) std::memcpy(read.data(), bytes.data(), bytes.size());
    return read;
  }

  /// Up to a zero byte.
  std::string text() {
    const auto end = std::find(rest_.begin(), rest_.end(), std::byte{0});
    check(end != rest_.end(), "a word that does not end");
    const std::span<const std::byte> bytes = take(static_cast<std::size_t>(end - rest_.begin()));
    take(1);
    return std::string(as_text(bytes));
  }

  void check(bool holds, std::string_view what) const {
    if (!holds) fail(ErrorCode::corrupt_data, "fastText model: got {} ({})", what, name_);
  }

  /// Entries of at least `bytes` each that may follow.
  void check_count(std::int64_t count, std::size_t bytes) const {
    check(count >= 0 && static_cast<std::uint64_t>(count) <= rest_.size() / bytes,
          "more entries than the file has");
  }

  const std::string& name() const { return name_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::span<const std::byte> take(std::size_t size) {
    check(size <= rest_.size(), "a file that is cut short");
    const std::span<const std::byte> taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  std::span<const std::byte> rest_;
  std::string name_;
};

FastTextModel::FastTextModel(const std::filesystem::path& path) {
  const MappedFile file(path);
  Reader reader(file);
  const bool has_magic = file.bytes().size() > 8 && reader.value<std::int32_t>() == kFastTextMagic;
  reader.check(has_magic, "another file");
  reader.check(reader.value<std::int32_t>() == kFastTextVersion, "another version than 12");
  const auto dimension = reader.value<std::int32_t>();
  reader.values<std::int32_t>(3);  // window, epochs, least count
  reader.value<std::int32_t>();    // negatives
  const auto word_ngrams = reader.value<std::int32_t>();
  const auto loss = reader.value<std::int32_t>();
  const auto kind = reader.value<std::int32_t>();
  bucket_ = reader.value<std::int32_t>();
  least_letters_ = reader.value<std::int32_t>();
  most_letters_ = reader.value<std::int32_t>();
  reader.value<std::int32_t>();  // rate of updates
  reader.value<double>();        // sampling threshold
  is_tree_ = loss == kHierarchicalSoftmax;
  if (kind != kSupervised || word_ngrams != 1 || (!is_tree_ && loss != kSoftmax)) {
    fail(ErrorCode::unsupported,
         "fastText model: got kind {}, loss {}, n-grams of {} words, expected a classifier of "
         "single words with softmax ({})",
         kind, loss, word_ngrams, reader.name());
  }
  reader.check(bucket_ >= 0 && most_letters_ <= 64, "sizes that no model has");
  read_dictionary(reader);
  const bool is_quantised = reader.value<std::uint8_t>() != 0;
  read_vectors(reader, is_quantised, input_);
  const bool output_is_quantised = reader.value<std::uint8_t>() != 0;
  read_vectors(reader, is_quantised && output_is_quantised, output_);
  const auto buckets = is_pruned_ ? kept_count_ : static_cast<std::int64_t>(bucket_);
  reader.check(input_.columns == dimension && output_.columns == dimension && dimension > 0,
               "vectors of another length");
  reader.check(input_.rows >= word_count_ + buckets &&
                   output_.rows >= static_cast<std::int64_t>(labels_.size()),
               "too few vectors");
  if (is_tree_) build_tree();
}

void FastTextModel::read_dictionary(Reader& reader) {
  const auto size = reader.value<std::int32_t>();
  word_count_ = reader.value<std::int32_t>();
  const auto label_count = reader.value<std::int32_t>();
  reader.value<std::int64_t>();  // tokens
  const auto pruned = reader.value<std::int64_t>();
  reader.check_count(size, 10);
  for (std::int32_t i = 0; i < size; ++i) {
    std::string word = reader.text();
    const auto count = reader.value<std::int64_t>();
    add_word(std::move(word), reader.value<std::int8_t>(), count);
  }
  reader.check(word_count_ == static_cast<std::int64_t>(words_.size()) && label_count > 0 &&
                   static_cast<std::size_t>(label_count) == labels_.size(),
               "another number of words than it says");
  is_pruned_ = pruned >= 0;
  if (is_pruned_) read_kept_buckets(reader, pruned);
}

void FastTextModel::read_kept_buckets(Reader& reader, std::int64_t count) {
  reader.check_count(count, 8);
  kept_count_ = count;
  kept_buckets_.resize(std::bit_ceil(2 * static_cast<std::size_t>(count) + 1));
  for (std::int64_t i = 0; i < count; ++i) {
    const auto bucket = reader.value<std::int32_t>();
    const auto row = reader.value<std::int32_t>();
    reader.check(bucket >= 0 && row >= 0 && row < count, "an n-gram without a vector");
    KeptBucket& kept = kept_buckets_[place_of(bucket)];
    reader.check(kept.bucket != bucket, "an n-gram twice");
    kept = {bucket, row};
  }
}

std::size_t FastTextModel::first_place(std::int32_t bucket) const {
  constexpr std::uint32_t kSpread = 2654435769U;  // Knuth's: 2^32 over the golden ratio
  return (static_cast<std::uint32_t>(bucket) * kSpread >> 8U) & (kept_buckets_.size() - 1);
}

std::size_t FastTextModel::place_of(std::int32_t bucket) const {
  std::size_t place = first_place(bucket);
  while (kept_buckets_[place].bucket != bucket && kept_buckets_[place].bucket >= 0) {
    place = (place + 1) & (kept_buckets_.size() - 1);
  }
  return place;
}

std::int32_t FastTextModel::kept_row(std::int32_t bucket) const {
  return kept_buckets_[place_of(bucket)].row;
}

void FastTextModel::add_word(std::string word, std::int8_t type, std::int64_t count) {
  if (type == kWordType) {
    words_.emplace(std::move(word), static_cast<std::int32_t>(words_.size()));
    return;
  }
  if (word.starts_with(kLabelPrefix)) word.erase(0, kLabelPrefix.size());
  labels_.push_back(std::move(word));
  label_counts_.push_back(std::clamp<std::int64_t>(count, 0, std::int64_t{1} << 40));
}

void FastTextModel::read_quantiser(Reader& reader, Quantiser& quantiser) {
  quantiser.dimension = reader.value<std::int32_t>();
  quantiser.groups = reader.value<std::int32_t>();
  quantiser.group_size = reader.value<std::int32_t>();
  quantiser.last_group_size = reader.value<std::int32_t>();
  const auto in_groups = std::int64_t{quantiser.groups - 1} * quantiser.group_size;
  reader.check(quantiser.groups > 0 && quantiser.group_size > 0 && quantiser.last_group_size > 0 &&
                   quantiser.last_group_size <= quantiser.group_size &&
                   in_groups + quantiser.last_group_size == quantiser.dimension,
               "a quantiser whose groups do not fit");
  quantiser.centroids =
      reader.values<float>(std::int64_t{quantiser.dimension} * std::int64_t{kCentroids});
}

void FastTextModel::read_vectors(Reader& reader, bool is_quantised, Vectors& vectors) {
  const bool has_norms = is_quantised && reader.value<std::uint8_t>() != 0;
  vectors.rows = reader.value<std::int64_t>();
  vectors.columns = reader.value<std::int64_t>();
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  reader.check(
      vectors.rows >= 0 && vectors.rows <= kMost && vectors.columns > 0 && vectors.columns <= 65536,
      "a matrix of a size that no model has");
  if (!is_quantised) {
    vectors.values = reader.values<float>(vectors.rows * vectors.columns);
    return;
  }
  vectors.codes = reader.values<std::uint8_t>(reader.value<std::int32_t>());
  read_quantiser(reader, vectors.quantiser);
  reader.check(vectors.quantiser.dimension == vectors.columns &&
                   static_cast<std::int64_t>(vectors.codes.size()) ==
                       vectors.rows * vectors.quantiser.groups,
               "codes of another number than its rows");
  if (!has_norms) return;
  vectors.norm_codes = reader.values<std::uint8_t>(vectors.rows);
  read_quantiser(reader, vectors.norms);
  reader.check(vectors.norms.dimension == 1, "norms of more than a number");
}

void FastTextModel::Vectors::append_row(std::int64_t row, std::vector<float>& to) const {
  if (codes.empty()) {
    to.insert(to.end(), values.begin() + row * columns, values.begin() + (row + 1) * columns);
    return;
  }
  const auto index = static_cast<std::size_t>(row);
  const float norm = norm_codes.empty() ? 1.0F : norms.centroids[norm_codes[index]];
  const auto groups = static_cast<std::size_t>(quantiser.groups);
  const auto size = static_cast<std::size_t>(quantiser.group_size);
  const std::uint8_t* code = codes.data() + index * groups;
  for (std::size_t group = 0; group < groups; ++group) {
    const bool is_last = group + 1 == groups;
    const auto length = is_last ? static_cast<std::size_t>(quantiser.last_group_size) : size;
    const float* centroid =
        quantiser.centroids.data() + group * kCentroids * size + code[group] * length;
    for (std::size_t i = 0; i < length; ++i) to.push_back(norm * centroid[i]);
  }
}

float FastTextModel::Vectors::dot(std::int64_t row, const std::vector<float>& vector) const {
  std::vector<float> unpacked;
  if (!codes.empty()) append_row(row, unpacked);
  const float* from = codes.empty() ? values.data() + row * columns : unpacked.data();
  float product = 0.0F;
  for (std::size_t i = 0; i < vector.size(); ++i) product += from[i] * vector[i];
  return product;
}

/// Huffman's tree over the labels, whose counts descend, made as fastText makes it.
void FastTextModel::build_tree() {
  const auto leaves = static_cast<std::int32_t>(labels_.size());
  constexpr std::int64_t kInfinite = 1'000'000'000'000'000;
  tree_.assign(2 * labels_.size() - 1, Node{-1, -1, kInfinite});
  for (std::size_t i = 0; i < labels_.size(); ++i) tree_[i].count = label_counts_[i];
  std::int32_t leaf = leaves - 1;
  std::int32_t inner = leaves;
  const auto take_least = [&] {
    const bool takes_leaf = leaf >= 0 && tree_[static_cast<std::size_t>(leaf)].count <
                                             tree_[static_cast<std::size_t>(inner)].count;
    return takes_leaf ? leaf-- : inner++;
  };
  for (std::size_t node = labels_.size(); node < tree_.size(); ++node) {
    tree_[node].left = take_least();
    tree_[node].right = take_least();
    tree_[node].count = tree_[static_cast<std::size_t>(tree_[node].left)].count +
                        tree_[static_cast<std::size_t>(tree_[node].right)].count;
  }
}

template <typename Take>
void FastTextModel::take_letters(std::string_view word, Take&& take) const {
  // All n-grams of a few letters first, then their rows: what they read from memory comes at once.
  std::array<std::int32_t, 64> buckets;
  std::size_t count = 0;
  const auto take_rows = [&] {
    for (const std::int32_t bucket : std::span(buckets).first(count)) {
      const std::int32_t row = is_pruned_ ? kept_row(bucket) : bucket;
      if (row >= 0) take(word_count_ + row);
    }
    count = 0;
  };
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (continues_character(word[i])) continue;
    std::uint32_t hash = kHashStart;
    std::size_t j = i;
    for (std::int32_t n = 1; j < word.size() && n <= most_letters_; ++n) {
      hash = add_to_hash(hash, word[j++]);
      while (j < word.size() && continues_character(word[j])) hash = add_to_hash(hash, word[j++]);
      const bool is_edge = n == 1 && (i == 0 || j == word.size());
      if (n < least_letters_ || is_edge || bucket_ == 0) continue;
      if (count == buckets.size()) take_rows();
      buckets[count] = static_cast<std::int32_t>(hash % static_cast<std::uint32_t>(bucket_));
      if (is_pruned_) __builtin_prefetch(&kept_buckets_[first_place(buckets[count])]);
      ++count;
    }
  }
  take_rows();
}

template <typename Take>
void FastTextModel::take_word(std::string_view word, Take&& take) const {
  const auto known = words_.find(std::string(word));
  if (known != words_.end()) take(std::int64_t{known->second});
  const bool is_label = known == words_.end() && word.starts_with(kLabelPrefix);
  if (is_label || word == kEndOfText || most_letters_ <= 0 || word.size() > kMaxWord) return;
  std::string bounded = "<";
  (bounded += word) += '>';
  take_letters(bounded, take);
}

std::span<const float> FastTextModel::vectors_of(std::string_view word,
                                                 FastTextWords& words) const {
  const std::size_t place = std::hash<std::string_view>()(word) % FastTextWords::kEntries;
  FastTextWords::Entry& entry = words.entries_[place];
  if (entry.word == word) return entry.vectors;
  FastTextWords::Entry& made = words.large_;
  made.vectors.clear();
  take_word(word, [&](std::int64_t row) { input_.append_row(row, made.vectors); });
  if (made.vectors.size() > kMostValues) return made.vectors;
  entry.word = word;
  entry.vectors = made.vectors;
  return entry.vectors;
}

std::size_t FastTextModel::best_leaf(const std::vector<float>& hidden) const {
  struct Open {
    std::int32_t node;
    float score;
  };
  constexpr float kTiny = 1e-5F;  // as the reference, so that no logarithm is infinite
  std::vector<Open> open = {{static_cast<std::int32_t>(tree_.size()) - 1, 0.0F}};
  std::size_t best = 0;
  float most = -std::numeric_limits<float>::infinity();
  while (!open.empty()) {
    const Open next = open.back();
    open.pop_back();
    if (next.score < most) continue;
    const Node& node = tree_[static_cast<std::size_t>(next.node)];
    if (node.left < 0) {
      most = next.score;
      best = static_cast<std::size_t>(next.node);
      continue;
    }
    const auto row =
        static_cast<std::int64_t>(next.node) - static_cast<std::int64_t>(labels_.size());
    const float right = 1.0F / (1.0F + std::exp(-output_.dot(row, hidden)));
    const Open to_left = {node.left, next.score + std::log(1.0F - right + kTiny)};
    const Open to_right = {node.right, next.score + std::log(right + kTiny)};
    // The likelier side first: what it finds closes most of the other.
    open.push_back(right > 0.5F ? to_left : to_right);
    open.push_back(right > 0.5F ? to_right : to_left);
  }
  return best;
}

std::size_t FastTextModel::best_row(const std::vector<float>& hidden) const {
  std::size_t best = 0;
  float most = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    const float score = output_.dot(static_cast<std::int64_t>(i), hidden);
    if (score <= most) continue;
    most = score;
    best = i;
  }
  return best;
}

std::string_view FastTextModel::predict(std::string_view text, FastTextWords& words) const {
  std::vector<float> hidden(static_cast<std::size_t>(input_.columns));
  std::size_t features = 0;
  const auto take = [&](std::string_view word) {
    const std::span<const float> vectors = vectors_of(word, words);
    add_rows(vectors, hidden);
    features += vectors.size() / hidden.size();
  };
  text = text.substr(0, text.find('\n'));
  for_each_word(text, take);
  take(kEndOfText);
  if (features == 0) return {};
  const float scale = 1.0F / static_cast<float>(features);
  for (float& value : hidden) value *= scale;
  return labels_[is_tree_ ? best_leaf(hidden) : best_row(hidden)];
}

}  // namespace diptych::curate
