#include "network/captions.h"

namespace diptych::network {
namespace {

/// As many sequences of one row, which see nothing yet.
AttentionPattern newest_tokens(std::size_t captions) {
  return {.queries = Sequences::uniform(static_cast<int>(captions), 1)};
}

}  // namespace

AttentionPattern newest_tokens_see(std::span<const std::vector<std::int32_t>> cached_rows) {
  AttentionPattern pattern = newest_tokens(cached_rows.size());
  for (const std::vector<std::int32_t>& rows : cached_rows) {
    pattern.key_rows.insert(pattern.key_rows.end(), rows.rbegin(), rows.rend());
    pattern.keys.append(static_cast<int>(rows.size()));
  }
  return pattern;
}

AttentionPattern newest_tokens_see(std::span<const std::vector<std::int32_t>> cached_rows,
                                   std::span<const std::vector<std::int32_t>> ids,
                                   std::int32_t pad_id) {
  AttentionPattern pattern = newest_tokens(cached_rows.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::size_t before = pattern.key_rows.size();
    for (std::size_t place = ids[i].size(); place-- > 0;) {
      if (place > 0 && ids[i][place - 1] == pad_id) continue;
      pattern.key_rows.push_back(cached_rows[i][place]);
    }
    pattern.keys.append(static_cast<int>(pattern.key_rows.size() - before));
  }
  return pattern;
}

AttentionPattern captions_see_pictures(std::span<const std::int32_t> pictures, int each,
                                       int picture_tokens) {
  const int count = static_cast<int>(pictures.size());
  AttentionPattern pattern = AttentionPattern::between(Sequences::uniform(count, each),
                                                       Sequences::uniform(count, picture_tokens));
  for (const std::int32_t picture : pictures) {
    for (int token = 0; token < picture_tokens; ++token)
      pattern.key_rows.push_back(picture * picture_tokens + token);
  }
  return pattern;
}

}  // namespace diptych::network
