#pragma once

#include <optional>
#include <string>
#include <vector>

#include "network/operations.h"

namespace diptych::network {

/// Attention pooling by a learned query (arXiv 1810.00825, section 3.2): SigLIP's, with an MLP
/// behind it, and CoCa's, with normalised query and input.
struct QueryPool {
  struct Mlp {
    Norm norm;
    Linear in;
    Linear out;
    Activation activation = Activation::gelu;
  };

  ParameterId query = kAbsent;  ///< [queries, width]; the first one gives the feature
  std::optional<Norm> norm_query;
  std::optional<Norm> norm_input;
  Linear query_projection;
  Linear key;
  Linear value;
  Linear output;
  int heads = 1;
  std::optional<Mlp> mlp;
};

struct MapPoolConfig {
  int width;
  int heads;
  int mlp_width;
  Activation activation;
  float norm_epsilon;
};

/// SigLIP's, under `name`.latent, `name`.q, ...
QueryPool declare_map_pool(ParameterTable& table, const std::string& name,
                           const MapPoolConfig& config);

struct CocaPoolConfig {
  int inputs;   ///< width of what is pooled
  int outputs;  ///< width of queries and result
  int queries;
  int heads;
  float norm_epsilon;
};

/// CoCa's, under `name`.query, `name`.ln_q, ...
QueryPool declare_coca_pool(ParameterTable& table, const std::string& name,
                            const CocaPoolConfig& config);

/// One row a sequence, [sequences, width].
template <Operations Ops>
typename Ops::Tensor query_pool(Ops& ops, const QueryPool& pool, const typename Ops::Tensor& x,
                                const Sequences& sequences) {
  // The query is the same for all sequences.
  const std::vector<std::int32_t> first = {0};
  const std::vector<std::int32_t> once_each(static_cast<std::size_t>(sequences.count()), 0);
  auto learned = ops.embed(pool.query, first);
  if (pool.norm_query) learned = ops.norm(learned, *pool.norm_query);
  const auto input = pool.norm_input ? ops.norm(x, *pool.norm_input) : x;
  const auto query =
      ops.rows(ops.linear(learned, pool.query_projection, Activation::none, nullptr), once_each);
  const auto key = ops.linear(input, pool.key, Activation::none, nullptr);
  const auto value = ops.linear(input, pool.value, Activation::none, nullptr);
  const auto attended =
      ops.attention(query, key, value, pool.heads, Sequences::uniform(sequences.count(), 1),
                    sequences, Mask::full);
  const auto pooled = ops.linear(attended, pool.output, Activation::none, nullptr);
  if (!pool.mlp) return pooled;
  const auto hidden =
      ops.linear(ops.norm(pooled, pool.mlp->norm), pool.mlp->in, pool.mlp->activation, nullptr);
  return ops.linear(hidden, pool.mlp->out, Activation::none, &pooled);
}

}  // namespace diptych::network
