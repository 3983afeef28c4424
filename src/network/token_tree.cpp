#include "network/token_tree.h"

#include <algorithm>

namespace diptych::network {
namespace {

/// A text and the rows of its tokens in a tree.
struct Path {
  std::size_t first = 0;  ///< of its tokens, among those of all texts
  std::vector<std::int32_t> rows;
};

/// How many tokens the text that begins at `first` has in common with the one before it.
std::size_t shared_length(const Tokens& texts, const Path& before, std::size_t first,
                          std::size_t length) {
  std::size_t shared = 0;
  while (shared < std::min(length, before.rows.size()) &&
         texts.ids[before.first + shared] == texts.ids[first + shared] &&
         texts.places[before.first + shared] == texts.places[first + shared])
    ++shared;
  return shared;
}

}  // namespace

TokenTree token_tree(const Tokens& texts) {
  TokenTree tree{.own_rows = {.mask = Mask::causal}, .last_rows = {.mask = Mask::full}};
  Path path;
  for (int i = 0; i < texts.sequences.count(); ++i) {
    const auto first = static_cast<std::size_t>(texts.sequences.begin(i));
    const auto length = static_cast<std::size_t>(texts.sequences.length(i));
    const std::size_t shared = shared_length(texts, path, first, length);
    path.first = first;
    path.rows.resize(shared);
    for (std::size_t place = shared; place < length; ++place) {
      path.rows.push_back(static_cast<std::int32_t>(tree.ids.size()));
      tree.ids.push_back(texts.ids[first + place]);
      tree.places.push_back(texts.places[first + place]);
    }
    const auto see_path = [&](AttentionPattern& pattern, std::size_t queries) {
      pattern.queries.append(static_cast<int>(queries));
      pattern.keys.append(static_cast<int>(length));
      pattern.key_rows.insert(pattern.key_rows.end(), path.rows.begin(), path.rows.end());
    };
    if (shared < length) see_path(tree.own_rows, length - shared);
    see_path(tree.last_rows, 1);
    tree.pooled_rows.push_back(path.rows.back());
  }
  return tree;
}

bool shares_prefixes(const TextTowers::Tower& tower) {
  const auto* text = std::get_if<TextTransformer>(&tower);
  return text != nullptr && text->config.causal &&
         (text->config.pooling == TextPooling::end_of_text ||
          text->config.pooling == TextPooling::last);
}

}  // namespace diptych::network
