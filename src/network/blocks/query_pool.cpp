#include "network/blocks/query_pool.h"

#include <cmath>

namespace diptych::network {

QueryPool declare_map_pool(ParameterTable& table, const std::string& name,
                           const MapPoolConfig& config) {
  const int width = config.width;
  const float deviation = 1.0F / std::sqrt(static_cast<float>(width));
  QueryPool pool{.heads = config.heads};
  pool.query = table.declare(name + ".latent", {1, width}, Initialiser::normal(deviation));
  pool.query_projection = declare_linear(table, name + ".q", width, width, deviation);
  const Linear key_value = declare_linear(table, name + ".kv", width, 2 * width, deviation);
  pool.key = key_value.slice(0, width);
  pool.value = key_value.slice(width, width);
  pool.output = declare_linear(table, name + ".proj", width, width, deviation);
  pool.mlp = QueryPool::Mlp{
      .norm = declare_norm(table, name + ".norm", width, config.norm_epsilon),
      .in = declare_linear(table, name + ".mlp.fc1", width, config.mlp_width, deviation),
      .out = declare_linear(table, name + ".mlp.fc2", config.mlp_width, width, deviation),
      .activation = config.activation};
  return pool;
}

QueryPool declare_coca_pool(ParameterTable& table, const std::string& name,
                            const CocaPoolConfig& config) {
  const int inputs = config.inputs;
  const int outputs = config.outputs;
  const float deviation = 1.0F / std::sqrt(static_cast<float>(outputs));
  QueryPool pool{.heads = config.heads};
  pool.query = table.declare(name + ".query", {config.queries, outputs}, Initialiser::normal(1.0F));
  pool.norm_query = declare_norm(table, name + ".ln_q", outputs, config.norm_epsilon);
  pool.norm_input = declare_norm(table, name + ".ln_k", inputs, config.norm_epsilon);
  // PyTorch's multi-head attention stacks the three weights when they have the same shape, and the
  // three biases always.
  const std::string attention = name + ".attn.";
  const auto weight = [&](const char* part, int width) {
    return table.declare(attention + part, {outputs, width}, Initialiser::normal(deviation));
  };
  Linear layer{.inputs = inputs, .outputs = outputs};
  layer.bias =
      table.declare(attention + "in_proj_bias", {3 * outputs}, Initialiser::constant(0.0F));
  pool.query_projection = pool.key = pool.value = layer;
  pool.query_projection.inputs = outputs;
  if (inputs == outputs) {
    layer.weight = table.declare(attention + "in_proj_weight", {3 * outputs, outputs},
                                 Initialiser::normal(deviation));
    layer.outputs = 3 * outputs;
    pool.query_projection = layer.slice(0, outputs);
    pool.key = layer.slice(outputs, outputs);
    pool.value = layer.slice(2 * outputs, outputs);
  } else {
    pool.query_projection.weight = weight("q_proj_weight", outputs);
    pool.key.weight = weight("k_proj_weight", inputs);
    pool.key.first_bias = outputs;
    pool.value.weight = weight("v_proj_weight", inputs);
    pool.value.first_bias = 2 * outputs;
  }
  pool.output = declare_linear(table, attention + "out_proj", outputs, outputs, deviation);
  return pool;
}

}  // namespace diptych::network
