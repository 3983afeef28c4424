#include "catalogue/catalogue.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "base/error.h"
#include "json/json.h"

namespace diptych::embedded {

// Defined by diptych_embed (CMakeLists.txt) from data/catalogue.json.
std::span<const std::byte> catalogue();

}  // namespace diptych::embedded

namespace diptych::catalogue {
namespace {

using Json = nlohmann::json;
using Presets = std::map<std::string, Preprocessing>;

constexpr std::size_t kMostSimilarNames = 5;

ResizeMode parse_resize(const std::string& name) {
  ensure(name == "shortest" || name == "squash" || name == "patches", "catalogue: a resize mode");
  if (name == "patches") return ResizeMode::patches;
  return name == "shortest" ? ResizeMode::shortest : ResizeMode::squash;
}

Interpolation parse_interpolation(const std::string& name) {
  ensure(name == "bicubic" || name == "bilinear", "catalogue: an interpolation");
  return name == "bicubic" ? Interpolation::bicubic : Interpolation::bilinear;
}

Preprocessing parse_preset(const Json& json) {
  Preprocessing preset;
  preset.mode = parse_resize(json.at("resize"));
  preset.interpolation = parse_interpolation(json.at("interpolation"));
  json.at("mean").get_to(preset.mean);
  json.at("std").get_to(preset.std);
  return preset;
}

ModelSource parse_source(const Json& json) {
  ModelSource source;
  source.url = json.value("url", "");
  source.repository = json.value("repository", "");
  source.file = json.value("file", "");
  source.sha256 = json.value("sha256", "");
  source.bytes_are_rounded = json.contains("approximate_bytes");
  source.bytes =
      json.value(source.bytes_are_rounded ? "approximate_bytes" : "bytes", std::uint64_t{0});
  return source;
}

ListedModel parse_model(const Json& json, const Presets& presets) {
  ListedModel model;
  json.at("name").get_to(model.name);
  json.at("family").get_to(model.family);
  json.at("architecture").get_to(model.architecture);
  model.tag = json.value("tag", "");
  model.aliases = json.value("aliases", std::vector<std::string>());
  for (const Json& source : json.at("sources")) model.sources.push_back(parse_source(source));
  model.preprocessing = presets.at(json.at("preprocessing"));
  json.at("image_size").get_to(model.preprocessing->size);
  model.quick_gelu = json.value("quick_gelu", false);
  model.own_tokenizer = json.value("own_tokenizer", false);
  model.parameters = json.value("parameters_millions", 0.0) * 1e6;
  model.imagenet_accuracy = json.value("imagenet_accuracy", 0.0);
  model.licence = json.value("licence", "");
  return model;
}

std::vector<ListedModel> parse_catalogue() {
  const Json json = parse_json(embedded::catalogue(), "catalogue");
  Presets presets;
  for (const auto& [name, preset] : json.at("preprocessing").items()) {
    presets.emplace(name, parse_preset(preset));
  }
  std::vector<ListedModel> models;
  for (const Json& model : json.at("models")) models.push_back(parse_model(model, presets));
  return models;
}

/// By name, alias, or as open_clip names a model: architecture and tag.
bool has_name(const ListedModel& model, const std::string& name) {
  return model.name == name || std::ranges::find(model.aliases, name) != model.aliases.end() ||
         (!model.tag.empty() && model.architecture + "/" + model.tag == name);
}

/// "owner/name" as the Hub allows it, which is also safe as a path.
bool is_repository(std::string_view name) {
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' ||
           c == '/';
  };
  const std::size_t slash = name.find('/');
  return slash != std::string_view::npos && slash != 0 && slash + 1 < name.size() &&
         name.find('/', slash + 1) == std::string_view::npos && name.front() != '.' &&
         name[slash + 1] != '.' && std::ranges::all_of(name, allowed);
}

std::optional<ListedModel> hub_model(const std::string& repository) {
  if (!is_repository(repository)) return std::nullopt;
  return ListedModel{.name = std::string(kHubPrefix) + repository,
                     .sources = {{.repository = repository}},
                     .own_tokenizer = true};
}

std::string lower_case_letters(const std::string& name) {
  std::string letters;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) letters += static_cast<char>(std::tolower(byte));
  }
  return letters;
}

}  // namespace

const std::vector<ListedModel>& published_models() {
  static const std::vector<ListedModel> models = parse_catalogue();
  return models;
}

std::optional<ListedModel> find_published(const std::string& name) {
  if (name.starts_with(kHubPrefix)) return hub_model(name.substr(kHubPrefix.size()));
  const auto has_it = [&](const ListedModel& model) { return has_name(model, name); };
  const auto found = std::ranges::find_if(published_models(), has_it);
  return found == published_models().end() ? std::nullopt : std::optional(*found);
}

std::vector<std::string> similar_names(const std::string& name) {
  const std::string wanted = lower_case_letters(name);
  std::vector<std::string> names;
  if (wanted.empty()) return names;
  for (const ListedModel& model : published_models()) {
    if (names.size() == kMostSimilarNames) break;
    if (lower_case_letters(model.name).find(wanted) != std::string::npos) {
      names.push_back(model.name);
    }
  }
  return names;
}

}  // namespace diptych::catalogue
