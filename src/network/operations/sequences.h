#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace diptych::network {

/// Packed sequences: sequence i owns rows [offsets[i], offsets[i + 1]) of an activation [tokens,
/// width]. No row is padding.
struct Sequences {
  std::vector<std::int32_t> offsets = {0};

  static Sequences uniform(int count, int length);

  int count() const { return static_cast<int>(offsets.size()) - 1; }
  int tokens() const { return offsets.back(); }
  int begin(int i) const { return offsets[static_cast<std::size_t>(i)]; }
  int length(int i) const { return offsets[static_cast<std::size_t>(i) + 1] - begin(i); }
  void append(int length) { offsets.push_back(offsets.back() + length); }

  /// Returns the same sequences, each one row longer.
  Sequences with_one_more() const;
  /// Returns the row numbers of the first and the last row of every sequence.
  std::vector<std::int32_t> first_rows() const;
  std::vector<std::int32_t> last_rows() const;
  /// Returns for every row its place within its sequence: 0, 1, 2, ..., 0, 1, ...
  std::vector<std::int32_t> positions() const;
};

/// Returns the rows of as many first rows followed by the sequences that put each first row before
/// its sequence.
std::vector<std::int32_t> prepended_rows(const Sequences& sequences);

struct PictureSize {
  int height = 0;
  int width = 0;

  bool operator==(const PictureSize&) const = default;
};

/// Normalised pictures on the host: float32 [batch, 3, height, width], not owned.
struct Pixels {
  const float* data = nullptr;
  int batch = 0;
  int height = 0;
  int width = 0;
  /// The size of every picture where they differ, each of at most height x width pixels: it begins
  /// where one of full size would, as [3, own height, own width]. Empty: all have the full size.
  std::span<const PictureSize> sizes = {};

  std::size_t values_each() const {
    return 3 * static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  }
  PictureSize size(int i) const {
    return sizes.empty() ? PictureSize{height, width} : sizes[static_cast<std::size_t>(i)];
  }
  /// Returns `count` pictures from `first` on.
  Pixels part(int first, int count) const;
  /// Returns picture i, of full size.
  Pixels one(int i) const;
};

/// Packed token ids: one sequence a text, with what can reach the answer.
struct Tokens {
  std::vector<std::int32_t> ids;
  /// Where every token stood in its padded row: 0, 1, 2, ..., unless tokens between were left out.
  std::vector<std::int32_t> places;
  Sequences sequences;

  void append(std::span<const std::int32_t> text);
  void append(std::span<const std::int32_t> text, std::span<const std::int32_t> text_places);
};

}  // namespace diptych::network
