#include "network/operations/sequences.h"

#include <numeric>

namespace diptych::network {

Sequences Sequences::uniform(int count, int length) {
  Sequences result;
  result.offsets.reserve(static_cast<std::size_t>(count) + 1);
  for (int i = 0; i < count; ++i) result.append(length);
  return result;
}

Sequences Sequences::with_one_more() const {
  Sequences result;
  result.offsets.reserve(offsets.size());
  for (int i = 0; i < count(); ++i) result.append(length(i) + 1);
  return result;
}

std::vector<std::int32_t> Sequences::first_rows() const {
  return {offsets.begin(), offsets.end() - 1};
}

std::vector<std::int32_t> Sequences::last_rows() const {
  std::vector<std::int32_t> rows(offsets.begin() + 1, offsets.end());
  for (std::int32_t& row : rows) --row;
  return rows;
}

std::vector<std::int32_t> Sequences::positions() const {
  std::vector<std::int32_t> result;
  result.reserve(static_cast<std::size_t>(tokens()));
  for (int i = 0; i < count(); ++i) {
    for (int position = 0; position < length(i); ++position) result.push_back(position);
  }
  return result;
}

std::vector<std::int32_t> prepended_rows(const Sequences& sequences) {
  std::vector<std::int32_t> rows;
  rows.reserve(static_cast<std::size_t>(sequences.count()) +
               static_cast<std::size_t>(sequences.tokens()));
  for (int i = 0; i < sequences.count(); ++i) {
    rows.push_back(i);
    for (int row = 0; row < sequences.length(i); ++row)
      rows.push_back(sequences.count() + sequences.begin(i) + row);
  }
  return rows;
}

void Tokens::append(std::span<const std::int32_t> text) {
  std::vector<std::int32_t> text_places(text.size());
  std::iota(text_places.begin(), text_places.end(), 0);
  append(text, text_places);
}

void Tokens::append(std::span<const std::int32_t> text, std::span<const std::int32_t> text_places) {
  ids.insert(ids.end(), text.begin(), text.end());
  places.insert(places.end(), text_places.begin(), text_places.end());
  sequences.append(static_cast<int>(text.size()));
}

}  // namespace diptych::network
