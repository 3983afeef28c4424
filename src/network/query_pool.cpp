#include "network/query_pool.h"

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
  pool.mlp.norm = declare_norm(table, name + ".norm", width, config.norm_epsilon);
  pool.mlp.in = declare_linear(table, name + ".mlp.fc1", width, config.mlp_width, deviation);
  pool.mlp.out = declare_linear(table, name + ".mlp.fc2", config.mlp_width, width, deviation);
  pool.mlp.activation = config.activation;
  return pool;
}

}  // namespace diptych::network
