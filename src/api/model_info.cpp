#include "api/model_info.h"

#include <cmath>
#include <utility>
#include <variant>

#include "network/model.h"
#include "tensor/tensor.h"

namespace diptych::api {
namespace {

using network::Activation;

std::string name(Activation activation) {
  switch (activation) {
    case Activation::none:
      return "none";
    case Activation::relu:
      return "relu";
    case Activation::quick_gelu:
      return "quick_gelu";
    case Activation::gelu:
      return "gelu";
    case Activation::gelu_tanh:
      return "gelu_tanh";
    case Activation::silu:
      return "silu";
    case Activation::sigmoid:
      return "sigmoid";
  }
  return "";
}

std::string name(network::ImagePooling pooling) {
  switch (pooling) {
    case network::ImagePooling::class_token:
      return "class token";
    case network::ImagePooling::mean:
      return "mean";
    case network::ImagePooling::map:
      return "attention (map)";
    case network::ImagePooling::queries:
      return "attention (queries)";
  }
  return "";
}

std::string name(network::TextPooling pooling) {
  switch (pooling) {
    case network::TextPooling::end_of_text:
      return "end-of-text token";
    case network::TextPooling::first:
      return "first token";
    case network::TextPooling::last:
      return "last token";
    case network::TextPooling::class_token:
      return "class token";
  }
  return "";
}

TowerInfo describe(const network::VisionTransformerConfig& tower) {
  return {.architecture = "vision transformer",
          .width = tower.width,
          .layers = {tower.layers},
          .heads = tower.heads,
          .mlp_width = tower.mlp_width,
          .activation = name(tower.activation),
          .pooling = name(tower.pooling)};
}

TowerInfo describe(const network::EvaTransformerConfig& tower) {
  return {.architecture = "EVA transformer",
          .width = tower.width,
          .layers = {tower.layers},
          .heads = tower.heads,
          .mlp_width = tower.mlp_width,
          .activation = name(tower.activation),
          .pooling = name(tower.pooling)};
}

TowerInfo describe(const network::ModifiedResNetConfig& tower) {
  return {.architecture = "modified ResNet",
          .width = tower.width,
          .layers = {tower.layers.begin(), tower.layers.end()},
          .heads = tower.heads,
          .activation = name(Activation::relu),
          .pooling = "attention"};
}

TowerInfo describe(const network::ConvNextConfig& tower) {
  return {.architecture = "ConvNeXt",
          .width = tower.widths.front(),
          .layers = {tower.layers.begin(), tower.layers.end()},
          .mlp_width = 4 * tower.widths.front(),
          .activation = name(Activation::gelu),
          .pooling = "mean"};
}

TowerInfo describe(const network::ViTaminConfig& tower) {
  return {.architecture = "ViTamin",
          .width = tower.width,
          .layers = {tower.convolution_layers[0], tower.convolution_layers[1], tower.layers},
          .heads = tower.heads,
          .mlp_width = tower.mlp_width,
          .activation = name(Activation::gelu),
          .pooling = name(network::ImagePooling::mean)};
}

TowerInfo describe(const network::FastVitConfig& tower) {
  return {.architecture = "FastViT",
          .width = tower.widths.front(),
          .layers = tower.layers,
          .mlp_width = tower.mlp_ratio * tower.widths.front(),
          .activation = name(Activation::gelu),
          .pooling = name(network::ImagePooling::mean)};
}

TowerInfo describe(const network::TextTransformerConfig& tower) {
  return {.architecture = "text transformer",
          .width = tower.width,
          .layers = {tower.layers},
          .heads = tower.heads,
          .mlp_width = tower.mlp_width,
          .activation = name(tower.activation),
          .pooling = name(tower.pooling)};
}

TowerInfo describe(const network::BertConfig& tower) {
  const bool takes_mean = tower.pooling == network::BertPooling::mean;
  return {.architecture = "BERT",
          .width = tower.width,
          .layers = {tower.layers},
          .heads = tower.heads,
          .mlp_width = tower.mlp_width,
          .activation = name(tower.activation),
          .pooling = takes_mean ? "mean" : "class token"};
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

std::uint64_t count_parameters(const network::ModelConfig& config) {
  std::uint64_t count = 0;
  const network::Model model = network::make_model(config);
  for (const network::ParameterSpec& spec : model.parameters.specs()) {
    if (spec.trained) count += static_cast<std::uint64_t>(element_count(spec.shape));
  }
  return count;
}

}  // namespace

ModelInfo describe(std::string name, const checkpoint::ModelFile& file) {
  const auto describe_tower = [](const auto& tower) { return describe(tower); };
  return {.name = std::move(name),
          .family = file.provenance.family,
          .container = file.provenance.container,
          .dtype = file.provenance.dtype,
          .parameters = count_parameters(file.config),
          .embedding_width = file.config.embedding_width,
          .image_tower = std::visit(describe_tower, file.config.image),
          .image_size = network::image_size(file.config.image),
          .patch_size = patch_size(file.config.image),
          .text_tower = std::visit(describe_tower, file.config.text),
          .context_length = network::context_length(file.config.text),
          .vocabulary_size = network::vocabulary_size(file.config.text),
          .logit_scale = std::exp(scalar(file, "logit_scale")),
          .logit_bias = file.config.logit_bias ? scalar(file, "logit_bias") : 0.0F,
          .has_logit_bias = file.config.logit_bias,
          .preprocessing = file.preprocessing,
          .assumptions = file.assumptions};
}

}  // namespace diptych::api
