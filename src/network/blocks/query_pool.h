#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "network/operations/operations.h"

namespace diptych::network {

/// What a vision transformer makes of its rows.
enum class ImagePooling {
  class_token,  ///< the class token's row, normalised
  mean,         ///< the mean of the patches' rows, normalised after (CLIPA, arXiv 2305.07017)
  map,          ///< multi-head attention by a learned query, then an MLP (arXiv 2106.04560, SigLIP)
  queries,  ///< attention by learned queries into the joint space, of which the first counts (CoCa)
};

constexpr auto words_of(ImagePooling) {
  return std::to_array<Word<ImagePooling>>(
      {{ImagePooling::class_token, "class_token", "class token"},
       {ImagePooling::mean, "mean", "mean"},
       {ImagePooling::map, "map", "attention (map)"},
       {ImagePooling::queries, "queries", "attention (queries)"}});
}

/// Attention pooling by a learned query (arXiv 1810.00825, section 3.2): SigLIP's, with an MLP
/// after it, and CoCa's, with normalised query and input.
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

/// Returns what the pool needs of its tower's config.
template <typename TowerConfig>
MapPoolConfig map_pool_config(const TowerConfig& config) {
  return {.width = config.width,
          .heads = config.heads,
          .mlp_width = config.mlp_width,
          .activation = config.activation,
          .norm_epsilon = config.norm_epsilon};
}

/// Declares SigLIP's pool, under `name`.latent, `name`.q, ...
QueryPool declare_map_pool(ParameterTable& table, const std::string& name,
                           const MapPoolConfig& config);

struct CocaPoolConfig {
  int inputs;   ///< width of what is pooled
  int outputs;  ///< width of queries and result
  int queries;
  int heads;
  float norm_epsilon;
};

/// Declares CoCa's pool, under `name`.query, `name`.ln_q, ...
QueryPool declare_coca_pool(ParameterTable& table, const std::string& name,
                            const CocaPoolConfig& config);

/// Returns the pooled rows of the first `count` queries, [sequences * count, width]. `key_bias` as
/// AttentionPattern has it.
template <SequenceOperations Ops>
typename Ops::Tensor query_pool(Ops& ops, const QueryPool& pool, const typename Ops::Tensor& x,
                                const Sequences& sequences, int count = 1,
                                std::vector<float> key_bias = {}) {
  // The queries are the same for all sequences.
  const Sequences queries = Sequences::uniform(sequences.count(), count);
  AttentionPattern pattern = AttentionPattern::between(queries, sequences);
  pattern.key_bias = std::move(key_bias);
  auto learned = ops.embed(pool.query, ops.indices(Sequences::uniform(1, count).positions()));
  if (pool.norm_query) learned = ops.norm(learned, *pool.norm_query);
  const auto input = pool.norm_input ? ops.norm(x, *pool.norm_input) : x;
  const auto query = ops.rows(ops.linear(learned, pool.query_projection, Activation::none, nullptr),
                              ops.indices(queries.positions()));
  const auto key = ops.linear(input, pool.key, Activation::none, nullptr);
  const auto value = ops.linear(input, pool.value, Activation::none, nullptr);
  const auto attended =
      ops.attention(query, key, value, pool.heads, ops.pattern(std::move(pattern)));
  const auto pooled = ops.linear(attended, pool.output, Activation::none, nullptr);
  if (!pool.mlp) return pooled;
  return ops.mlp(ops.norm(pooled, pool.mlp->norm), pool.mlp->in, pool.mlp->activation,
                 pool.mlp->out, &pooled);
}

}  // namespace diptych::network
