#include "embedding_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <variant>

EmbeddingRows::EmbeddingRows(std::vector<std::string> inputs, std::size_t width)
    : inputs_(std::move(inputs)),
      width_(width),
      values_(inputs_.size() * width),
      known_(inputs_.size(), false) {}

std::optional<std::size_t> EmbeddingRows::take_over(const std::vector<std::string>& earlier,
                                                    const diptych::Array& rows) {
  const auto* values = std::get_if<std::vector<float>>(&rows.values);
  if (values == nullptr || values->size() != earlier.size() * width_) return std::nullopt;
  std::unordered_map<std::string, std::size_t> row_of;
  for (std::size_t i = 0; i < earlier.size(); ++i) row_of.emplace(earlier[i], i);
  std::size_t broken = 0;
  for (std::size_t place = 0; place < inputs_.size(); ++place) {
    const auto found = row_of.find(inputs_[place]);
    if (found == row_of.end()) continue;
    const auto row = std::span(*values).subspan(found->second * width_, width_);
    const bool is_finite =
        std::all_of(row.begin(), row.end(), [](float value) { return std::isfinite(value); });
    if (is_finite) {
      set(place, row);
    } else {
      ++broken;
    }
  }
  return broken;
}

void EmbeddingRows::set(std::size_t place, std::span<const float> row) {
  std::copy(row.begin(), row.end(), values_.begin() + static_cast<std::ptrdiff_t>(place * width_));
  if (!known_[place]) ++known_count_;
  known_[place] = true;
}

void EmbeddingRows::forget(std::size_t place) {
  if (known_[place]) --known_count_;
  known_[place] = false;
}

std::span<const float> EmbeddingRows::row(std::size_t place) const {
  return std::span(values_).subspan(place * width_, width_);
}

double EmbeddingRows::relative_error(std::size_t place, std::span<const float> other) const {
  const std::span<const float> values = row(place);
  double difference = 0.0;
  double length = 0.0;
  for (std::size_t i = 0; i < width_; ++i) {
    const double off = static_cast<double>(values[i]) - other[i];
    difference += off * off;
    length += static_cast<double>(other[i]) * other[i];
  }
  return length > 0 ? std::sqrt(difference / length) : std::sqrt(difference);
}

std::vector<std::size_t> EmbeddingRows::places(bool known) const {
  std::vector<std::size_t> places;
  for (std::size_t place = 0; place < inputs_.size(); ++place) {
    if (known_[place] == known) places.push_back(place);
  }
  return places;
}

diptych::Array EmbeddingRows::array() const {
  std::vector<float> rows;
  rows.reserve(size() * width_);
  for (const std::size_t place : known()) {
    const std::span<const float> values = row(place);
    rows.insert(rows.end(), values.begin(), values.end());
  }
  return {{static_cast<std::int64_t>(size()), static_cast<std::int64_t>(width_)}, std::move(rows)};
}
