#include "api/model_info.h"

#include <fmt/ranges.h>

#include <cmath>
#include <utility>
#include <variant>

#include "base/error.h"
#include "checkpoint/parse_model.h"
#include "network/model.h"
#include "tensor/tensor.h"

namespace diptych {

void require_image_tower(const ModelInfo& info) {
  if (!info.has_image_tower) network::refuse_pictures(info.name);
}

void require_text_tower(const ModelInfo& info) {
  if (!info.has_text_tower) network::refuse_texts(info.name);
}

namespace api {
namespace {

TowerInfo to_info(const network::TowerDescription& tower) {
  return {.architecture = std::string(tower.architecture),
          .width = tower.width,
          .layers = tower.layers,
          .heads = tower.heads,
          .mlp_width = tower.mlp_width,
          .activation = std::string(tower.activation),
          .pooling = std::string(tower.pooling)};
}

template <typename Config>
TowerInfo describe_tower(const Config& config) {
  return to_info(
      std::visit([](const auto& tower) { return network::describe_tower(tower); }, config));
}

int patch_size(const network::ImageTowerConfig& tower) {
  return std::visit(
      [](const auto& config) {
        if constexpr (requires { config.patch_size; }) return config.patch_size;
        return 0;
      },
      tower);
}

float scalar(const checkpoint::ModelFile& file, const std::string& name) {
  return to_floats(file.weights.at(name)).front();
}

float logit_scale(const checkpoint::ModelFile& file) {
  const std::string name = "logit_scale";
  return file.weights.tensors.contains(name) ? std::exp(scalar(file, name)) : 0.0F;
}

/// Weights of eight bits are computed; of all others the tensors say it. A folder's provenance is
/// that of the checkpoint it was made from.
std::string stored_dtype(const checkpoint::ModelFile& file) {
  return file.quantisation.layers.empty() ? checkpoint::describe_dtypes(file.weights)
                                          : file.provenance.dtype;
}

std::uint64_t count_trained(const network::ParameterTable& parameters) {
  std::uint64_t count = 0;
  for (const network::ParameterSpec& spec : parameters.specs()) {
    if (spec.trained) count += static_cast<std::uint64_t>(element_count(spec.shape));
  }
  return count;
}

}  // namespace

ModelInfo describe(std::string name, const checkpoint::ModelFile& file,
                   const network::ParameterTable& parameters) {
  return {.name = std::move(name),
          .family = file.provenance.family,
          .container = file.provenance.container,
          .dtype = stored_dtype(file),
          .parameters = count_trained(parameters),
          .embedding_width = file.config.embedding_width,
          .has_image_tower = network::has_image_tower(file.config),
          .has_text_tower = network::has_text_tower(file.config),
          .image_tower = describe_tower(file.config.image),
          .image_size = network::image_size(file.config.image),
          .patch_size = patch_size(file.config.image),
          .text_tower = describe_tower(file.config.text),
          .context_length = network::context_length(file.config.text),
          .vocabulary_size = network::vocabulary_size(file.config.text),
          .logit_scale = logit_scale(file),
          .logit_bias = file.config.logit_bias ? scalar(file, "logit_bias") : 0.0F,
          .has_logit_bias = file.config.logit_bias,
          .preprocessing = file.preprocessing,
          .int8 = file.quantisation_loss,
          .assumptions = checkpoint::all_assumptions(file)};
}

void refuse_assumptions(const checkpoint::ModelFile& file, const std::string& name) {
  const std::vector<std::string> assumptions = checkpoint::all_assumptions(file);
  if (assumptions.empty()) return;
  fail(ErrorCode::invalid_argument, "strict: not everything about the model is stated: {} ({})",
       fmt::join(assumptions, " "), name);
}

}  // namespace api
}  // namespace diptych
