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

std::vector<std::vector<int>> text_batches(const network::Sequences& sequences, int tokens,
                                           int texts) {
  std::vector<int> order(static_cast<std::size_t>(sequences.count()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return sequences.length(a) < sequences.length(b); });
  const int limit = even_batch(sequences.tokens(), tokens);
  std::vector<std::vector<int>> batches;
  int left = 0;  // tokens that the last batch has room for
  for (const int text : order) {
    const int length = sequences.length(text);
    const bool is_full = batches.empty() || length > left ||
                         (texts > 0 && static_cast<int>(batches.back().size()) == texts);
    if (is_full) {
      batches.emplace_back();
      left = limit;
    }
    batches.back().push_back(text);
    left -= length;
  }
  return batches;
}

}  // namespace diptych::engine
