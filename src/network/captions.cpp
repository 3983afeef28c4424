#include "network/captions.h"

namespace diptych::network {

SeenRows seen_tokens(std::span<const std::vector<std::int32_t>> captions, std::int32_t pad_id) {
  SeenRows seen;
  std::int32_t row = 0;
  for (const std::vector<std::int32_t>& ids : captions) {
    int count = 0;
    for (std::size_t place = ids.size(); place-- > 0; ++row) {
      if (place > 0 && ids[place - 1] == pad_id) continue;
      seen.rows.push_back(row);
      ++count;
    }
    seen.sequences.append(count);
  }
  return seen;
}

std::vector<std::int32_t> rows_of_sequences(std::span<const std::int32_t> chosen, int length) {
  std::vector<std::int32_t> rows;
  for (const std::int32_t i : chosen) {
    for (int row = 0; row < length; ++row) rows.push_back(i * length + row);
  }
  return rows;
}

}  // namespace diptych::network
