#include "checkpoint/configs/architectures.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "checkpoint/configs/open_clip_config.h"
#include "checkpoint/source/model_file.h"
#include "network/model.h"

namespace diptych::embedded {

// Defined by diptych_embed (CMakeLists.txt) from data/architectures.json.
std::span<const std::byte> architectures();

}  // namespace diptych::embedded

namespace diptych::checkpoint {
namespace {

constexpr const char* kName = "the built-in architectures";

/// The config of an architecture whose towers diptych has.
std::optional<network::ModelConfig> read_config(const Json& json) {
  try {
    network::ModelConfig config = read_open_clip_config(json, kName).config;
    config.logit_bias = false;
    return config;
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool have_equal_shapes(const network::ModelConfig& a, const network::ModelConfig& b) {
  const auto first = network::make_model(a);
  const auto second = network::make_model(b);
  return std::ranges::equal(
      first.parameters.specs(), second.parameters.specs(),
      [](const auto& x, const auto& y) { return x.name == y.name && x.shape == y.shape; });
}

/// Cheaper than the shapes, and enough to tell most architectures apart.
bool may_be_equal(const network::ModelConfig& a, const network::ModelConfig& b) {
  return a.embedding_width == b.embedding_width && a.image.index() == b.image.index() &&
         a.text.index() == b.text.index() &&
         network::image_size(a.image) == network::image_size(b.image) &&
         network::context_length(a.text) == network::context_length(b.text) &&
         network::vocabulary_size(a.text) == network::vocabulary_size(b.text);
}

/// A tower alone is compared with the same tower of an architecture.
void keep_towers_of(const network::ModelConfig& config, network::ModelConfig& known) {
  const bool has_image = network::has_image_tower(config);
  const bool has_text = network::has_text_tower(config);
  if (has_image && has_text) return;
  if (!has_image) known.image = config.image;
  if (!has_text) known.text = config.text;
  known.decoder.reset();
}

}  // namespace

const Json& architectures() {
  static const Json table = [] {
    return parse_json(embedded::architectures(), kName).at("open_clip");
  }();
  return table;
}

const Json* find_architecture(const std::string& name) {
  constexpr std::string_view kTwin = "-quickgelu";
  const Json& table = architectures();
  const bool is_twin = name.ends_with(kTwin) && !table.contains(name);
  const std::string key = is_twin ? name.substr(0, name.size() - kTwin.size()) : name;
  return table.contains(key) ? &table[key] : nullptr;
}

std::string architecture_of_sizes(const network::ModelConfig& with_bias) {
  network::ModelConfig config = with_bias;
  config.logit_bias = false;
  for (const auto& [name, json] : architectures().items()) {
    auto known = read_config(json);
    if (!known) continue;
    keep_towers_of(config, *known);
    if (may_be_equal(*known, config) && have_equal_shapes(*known, config)) return name;
  }
  return {};
}

}  // namespace diptych::checkpoint
