#include "engine/batches.h"

#include <algorithm>
#include <numeric>
#include <variant>

namespace diptych::engine {

int pictures_per_batch(const network::Model& model, std::int64_t floats) {
  const std::int64_t widest =
      std::visit([](const auto& tower) { return network::widest_activation(tower); }, model.image);
  return static_cast<int>(std::max<std::int64_t>(1, floats / widest));
}

int tokens_per_batch(const network::Model& model, std::int64_t floats) {
  const std::int64_t widest =
      std::visit([](const auto& tower) { return network::widest_activation(tower); }, model.text);
  return static_cast<int>(std::max<std::int64_t>(1, floats / widest));
}

int even_batch(int count, int limit) {
  const int batches = std::max(1, (count + limit - 1) / limit);
  return std::max(1, (count + batches - 1) / batches);
}

TextOrder order_by_length(const network::Sequences& sequences) {
  TextOrder order{.texts = std::vector<int>(static_cast<std::size_t>(sequences.count()))};
  std::iota(order.texts.begin(), order.texts.end(), 0);
  std::ranges::stable_sort(order.texts, {}, [&](int text) { return sequences.length(text); });
  order.shared.assign(order.texts.size(), 0);
  return order;
}

TextOrder order_by_prefix(const network::Tokens& texts) {
  const auto ids_of = [&](int text) {
    return std::span(texts.ids).subspan(static_cast<std::size_t>(texts.sequences.begin(text)),
                                        static_cast<std::size_t>(texts.sequences.length(text)));
  };
  TextOrder order = order_by_length(texts.sequences);
  std::ranges::stable_sort(order.texts, [&](int a, int b) {
    return std::ranges::lexicographical_compare(ids_of(a), ids_of(b));
  });
  for (std::size_t i = 1; i < order.texts.size(); ++i) {
    const auto ids = ids_of(order.texts[i]);
    const auto before = ids_of(order.texts[i - 1]);
    const auto shared = std::ranges::mismatch(ids, before).in1 - ids.begin();
    order.shared[i] = static_cast<int>(std::min<std::ptrdiff_t>(shared, std::ssize(ids) - 1));
  }
  return order;
}

std::vector<std::vector<int>> text_batches(const network::Sequences& sequences,
                                           const TextOrder& order, int tokens, int texts) {
  const int shared = std::accumulate(order.shared.begin(), order.shared.end(), 0);
  const int limit = even_batch(sequences.tokens() - shared, tokens);
  std::vector<std::vector<int>> batches;
  int left = 0;  // tokens that the last batch has room for
  for (std::size_t i = 0; i < order.texts.size(); ++i) {
    const int length = sequences.length(order.texts[i]);
    const int own = length - order.shared[i];
    const bool is_full = batches.empty() || own > left ||
                         (texts > 0 && static_cast<int>(batches.back().size()) == texts);
    if (is_full) {
      batches.emplace_back();
      left = limit;
    }
    batches.back().push_back(order.texts[i]);
    // The first of a batch has nobody to share with.
    left -= is_full ? length : own;
  }
  return batches;
}

}  // namespace diptych::engine
