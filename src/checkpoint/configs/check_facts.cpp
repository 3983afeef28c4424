#include "checkpoint/configs/check_facts.h"

#include <fmt/core.h>

#include <variant>

#include "base/error.h"
#include "checkpoint/configs/timm_towers.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;

std::string describe(const Preprocessing& preprocessing) {
  const auto& [red, green, blue] = preprocessing.mean;
  return fmt::format("{}, {}, mean {:.4g} {:.4g} {:.4g}, standard deviation {:.4g} {:.4g} {:.4g}",
                     preprocessing.mode == ResizeMode::shortest  ? "shortest side and crop"
                     : preprocessing.mode == ResizeMode::squash  ? "both sides"
                     : preprocessing.mode == ResizeMode::patches ? "as many patches as fit"
                                                                 : "longest side and filled",
                     preprocessing.interpolation == Interpolation::bicubic ? "bicubic" : "bilinear",
                     red, green, blue, preprocessing.std[0], preprocessing.std[1],
                     preprocessing.std[2]);
}

[[noreturn]] void contradict(const KnownFacts& facts, std::string_view what, std::string_view got,
                             std::string_view expected) {
  fail(ErrorCode::invalid_argument,
       "contradiction: {}: the files say {}, the published table {} ({}); load the files by their "
       "path to have it their way",
       what, got, expected, facts.name);
}

/// Whether a tower that listens to open_clip's switch has QuickGELU; none when no tower does.
std::optional<bool> has_quick_gelu(const network::ModelConfig& config) {
  if (const auto* text = std::get_if<network::TextTransformerConfig>(&config.text))
    return text->activation == Activation::quick_gelu;
  const auto* image = std::get_if<network::VisionTransformerConfig>(&config.image);
  if (image == nullptr || is_timm_tower(*image)) return std::nullopt;
  return image->activation == Activation::quick_gelu;
}

template <typename Tower>
int heads_of(const Tower& tower) {
  if constexpr (requires { tower.heads; }) return tower.heads;
  return 0;
}

int image_heads(const network::ModelConfig& config) {
  return std::visit([](const auto& tower) { return heads_of(tower); }, config.image);
}

int text_heads(const network::ModelConfig& config) {
  return std::visit([](const auto& tower) { return heads_of(tower); }, config.text);
}

void check_heads(std::string_view tower, int stated, int got, const std::string& name) {
  if (stated == 0 || stated == got) return;
  if (got == 0) {
    fail(ErrorCode::invalid_argument,
         "contradiction: heads of the {} tower: it has no attention, {} were stated ({})", tower,
         stated, name);
  }
  fail(ErrorCode::invalid_argument,
       "contradiction: heads of the {} tower: the files say {}, {} were stated ({})", tower, got,
       stated, name);
}

}  // namespace

bool has_heads(const network::ModelConfig& config, const StatedFacts& facts) {
  return (facts.image_heads == 0 || facts.image_heads == image_heads(config)) &&
         (facts.text_heads == 0 || facts.text_heads == text_heads(config));
}

bool has_stated_heads(const network::ModelConfig& config, const StatedFacts& facts) {
  return (facts.image_heads > 0 || !network::has_image_tower(config)) &&
         (facts.text_heads > 0 || !network::has_text_tower(config));
}

void set_quick_gelu(network::ModelConfig& config, bool quick) {
  const Activation activation = quick ? Activation::quick_gelu : Activation::gelu;
  auto* image = std::get_if<network::VisionTransformerConfig>(&config.image);
  if (image != nullptr && !is_timm_tower(*image)) image->activation = activation;
  if (auto* text = std::get_if<network::TextTransformerConfig>(&config.text))
    text->activation = activation;
}

void check_stated_facts(const StatedFacts& facts, const ModelFile& model, const std::string& name) {
  const auto quick = has_quick_gelu(model.config);
  if (facts.quick_gelu && quick != facts.quick_gelu) {
    fail(ErrorCode::invalid_argument,
         "contradiction: activation: the files say {}, {} was stated ({})",
         quick == true ? "QuickGELU" : "another than QuickGELU",
         *facts.quick_gelu ? "QuickGELU" : "another", name);
  }
  if (network::has_image_tower(model.config))
    check_heads("image", facts.image_heads, image_heads(model.config), name);
  if (network::has_text_tower(model.config))
    check_heads("text", facts.text_heads, text_heads(model.config), name);
}

void check_known_facts(const KnownFacts& facts, const ModelFile& model) {
  // The size follows from the image tower.
  Preprocessing published = facts.preprocessing.value_or(model.preprocessing);
  published.size = model.preprocessing.size;
  if (published != model.preprocessing)
    contradict(facts, "preprocessing", describe(model.preprocessing), describe(published));
  const auto quick = has_quick_gelu(model.config);
  if (facts.quick_gelu && quick && *quick != *facts.quick_gelu) {
    contradict(facts, "activation", *quick ? "QuickGELU" : "another than QuickGELU",
               *facts.quick_gelu ? "QuickGELU" : "another");
  }
}

}  // namespace diptych::checkpoint
