#include "checkpoint/known_facts.h"

#include <fmt/format.h>

#include <variant>

#include "base/error.h"
#include "checkpoint/model_file.h"
#include "checkpoint/timm_towers.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;

std::string describe(const Preprocessing& preprocessing) {
  const auto& [red, green, blue] = preprocessing.mean;
  return fmt::format("{}, {}, mean {:.4g} {:.4g} {:.4g}, standard deviation {:.4g} {:.4g} {:.4g}",
                     preprocessing.mode == ResizeMode::shortest ? "shortest side and crop"
                     : preprocessing.mode == ResizeMode::squash ? "both sides"
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

}  // namespace

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
