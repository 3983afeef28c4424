#pragma once

#include <diptych/arrays.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// The embeddings of a list of inputs, of which some may be known already, and some never will.
class EmbeddingRows {
 public:
  /// `inputs` are told apart by their text: the path of a picture, or a text itself.
  EmbeddingRows(std::vector<std::string> inputs, std::size_t width);

  /// Takes the rows [earlier.size(), width] of an earlier run for the inputs that are on the list.
  /// Returns of how many a number is not finite, which are left to be computed again; nothing, and
  /// nothing is taken, when the sizes do not fit.
  std::optional<std::size_t> take_over(const std::vector<std::string>& earlier,
                                       const diptych::Array& rows);
  void set(std::size_t place, std::span<const float> row);
  /// Makes a place that has a row one that has none.
  void forget(std::size_t place);

  const std::vector<std::string>& inputs() const { return inputs_; }
  std::size_t width() const { return width_; }
  std::size_t size() const { return known_count_; }
  /// Returns the L2 norm of the difference between a row and another one, over the L2 of that.
  double relative_error(std::size_t place, std::span<const float> other) const;
  /// Returns the places that have a row, and those that have none, ascending.
  std::vector<std::size_t> known() const { return places(true); }
  std::vector<std::size_t> missing() const { return places(false); }
  /// Returns [size(), width], in the order of the inputs.
  diptych::Array array() const;

 private:
  std::span<const float> row(std::size_t place) const;
  std::vector<std::size_t> places(bool known) const;

  std::vector<std::string> inputs_;
  std::size_t width_;
  std::vector<float> values_;
  std::vector<bool> known_;
  std::size_t known_count_ = 0;
};
