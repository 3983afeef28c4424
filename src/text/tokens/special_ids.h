#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace diptych::text {

/// Ids that a tokenizer puts around the pieces of a text and after it.
struct SpecialIds {
  static constexpr std::int32_t kNone = -1;
  std::int32_t start = kNone;  ///< before the pieces; kNone: nothing
  std::int32_t end = kNone;    ///< after them; kNone: nothing
  std::int32_t pad = 0;        ///< fills a row of fixed length

  bool operator==(const SpecialIds&) const = default;
};

/// Returns the ids of a text's pieces between start and end, cut before the end to the context
/// length. Throws Error(invalid_argument) when that cannot hold both.
std::vector<std::int32_t> surround(const SpecialIds& special, std::span<const std::int32_t> pieces,
                                   int context_length);

/// Throws Error(invalid_argument) for what is no id of a vocabulary of that size.
void check_id(std::int32_t id, int vocabulary_size);

}  // namespace diptych::text
