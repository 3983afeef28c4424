#include "text/tokens/special_ids.h"

#include <algorithm>
#include <cstddef>

#include "base/error.h"

namespace diptych::text {

std::vector<std::int32_t> surround(const SpecialIds& special, std::span<const std::int32_t> pieces,
                                   int context_length) {
  const int around =
      (special.start != SpecialIds::kNone ? 1 : 0) + (special.end != SpecialIds::kNone ? 1 : 0);
  if (context_length < std::max(around, 1)) {
    fail(ErrorCode::invalid_argument,
         "context length: got {}, expected at least {} for the start and the end", context_length,
         std::max(around, 1));
  }
  const std::size_t room = static_cast<std::size_t>(context_length - around);
  std::vector<std::int32_t> row;
  if (special.start != SpecialIds::kNone) row.push_back(special.start);
  row.insert(row.end(), pieces.begin(),
             pieces.begin() + static_cast<std::ptrdiff_t>(std::min(room, pieces.size())));
  if (special.end != SpecialIds::kNone) row.push_back(special.end);
  return row;
}

void check_id(std::int32_t id, int vocabulary_size) {
  if (id < 0 || id >= vocabulary_size) {
    fail(ErrorCode::invalid_argument, "token id: got {}, expected less than {}", id,
         vocabulary_size);
  }
}

}  // namespace diptych::text
