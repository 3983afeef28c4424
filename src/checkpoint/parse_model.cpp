#include "checkpoint/parse_model.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "base/append.h"
#include "base/error.h"
#include "checkpoint/configs/check_facts.h"
#include "checkpoint/configs/diptych_json.h"
#include "checkpoint/configs/model_metadata.h"
#include "checkpoint/configs/open_clip_config.h"
#include "checkpoint/families/families.h"
#include "checkpoint/families/unsupported.h"

namespace diptych::checkpoint {
namespace {

ModelFile parse_diptych(const ModelFiles& files) {
  const Json json = read_json(files, kDiptychJson);
  ModelFile model = read_diptych_json(json, files.path_of(kDiptychJson));
  const bool may_be_built_in = model.tokenizer.kind == TokenizerSpec::Kind::clip;
  const char* vocabulary = vocabulary_file(model.tokenizer.kind);
  if (vocabulary != nullptr && (!may_be_built_in || json["tokenizer"].contains("vocabulary")))
    model.tokenizer.vocabulary = files.read_text(vocabulary);
  return model;
}

/// The family that names, container and configs point to together: a config of open_clip's decides
/// between the two families whose names are the same.
const Family& identify_family(const ModelFiles& files, const ParsedModel& parsed) {
  const TensorMap& tensors = parsed.container.tensors;
  const Family* family = recognise_family(tensors);
  const std::string unsupported = family == nullptr      ? unsupported_family(tensors)
                                  : family->is_one_tower ? unsupported_model(tensors)
                                                         : std::string();
  if (!unsupported.empty()) {
    fail(ErrorCode::unsupported, "checkpoint: this is {}, which diptych does not have ({})",
         unsupported, parsed.weights_name);
  }
  if (family == nullptr) {
    fail(ErrorCode::unsupported,
         "checkpoint: its tensors ({}, {} first) bear the names of no known family ({})",
         parsed.container.tensors.tensors.size(),
         parsed.container.tensors.tensors.empty() ? "none"
                                                  : parsed.container.tensors.tensors.begin()->first,
         parsed.weights_name);
  }
  const bool same_names = family == &open_clip_family() || family == &openai_family();
  if (same_names && has_open_clip_config(files)) return open_clip_family();
  if (same_names && parsed.container.kind == ContainerKind::torch_script) return openai_family();
  return *family;
}

/// A config may describe a model of which the weights are one tower. What belongs to the other, or
/// to both together, goes.
void keep_towers_that_are_there(ParsedModel& parsed) {
  const TensorMap& tensors = parsed.container.tensors;
  const bool has_image =
      occurs(tensors, "visual.*") || occurs(tensors, "vision_model.*") || occurs(tensors, "img/*");
  const bool has_text = occurs(tensors, "*token_embedding.weight") ||
                        occurs(tensors, "*embed_tokens.weight") ||
                        occurs(tensors, "*word_embeddings.weight") || occurs(tensors, "txt/*");
  if (has_image == has_text) return;  // a whole model, or names that are neither
  ModelFile& model = parsed.model;
  if (!has_image) {
    model.config.image = network::AbsentImageTowerConfig();
    model.preprocessing = {.size = 0};
  } else {
    model.config.text = network::AbsentTextTowerConfig();
    model.tokenizer = {.kind = TokenizerSpec::Kind::none};
    model.tokenizer_files = {};
  }
  model.config.logit_bias = false;
  model.config.decoder.reset();
  std::erase_if(parsed.container.tensors.tensors, [](const auto& tensor) {
    return matches("*logit_scale", tensor.first) || matches("*logit_bias", tensor.first) ||
           matches("text_decoder.*", tensor.first);
  });
}

/// What other programs would add to the weights, of files that lie beside them.
void assume_nothing_added(const ModelFiles& files, ModelFile& model) {
  if (files.contains("adapter_config.json")) {
    model.assumptions.emplace_back(
        "An adapter lies beside the weights (adapter_config.json) and is not applied: they are "
        "taken as they are.");
  }
  if (!files.contains("modules.json")) return;
  const Json modules = read_json(files, "modules.json");
  for (const Json& module : modules.is_array() ? modules : Json::array()) {
    const Json type = module.is_object() ? module.value("type", Json()) : Json();
    const std::string name = type.is_string() ? type.get<std::string>() : std::string();
    const std::string last = name.substr(name.rfind('.') + 1);
    if (last.empty() || last == "CLIPModel" || last == "Transformer" || last == "Normalize")
      continue;
    model.assumptions.push_back(fmt::format(
        "modules.json puts a further layer after the model ({}), which is not applied.", last));
  }
}

}  // namespace

std::string describe_dtypes(const TensorMap& tensors) {
  std::map<std::string_view, int> counts;
  for (const auto& [tensor, view] : tensors.tensors) ++counts[name(view.dtype)];
  std::vector<std::pair<std::string_view, int>> ranked(counts.begin(), counts.end());
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string_view> names;
  for (const auto& [dtype, count] : ranked) names.push_back(dtype);
  return fmt::format("{}", fmt::join(names, ", "));
}

ParsedModel parse_model(const ModelFiles& files, Container container) {
  ParsedModel parsed;
  const std::string weights = files.weights();
  parsed.weights_name = files.path_of(weights);
  parsed.container = std::move(container);
  const bool is_folder = weights == kWeightsFile && files.contains(kDiptychJson);
  std::optional<ModelFile> own =
      is_folder ? parse_diptych(files)
                : read_model_metadata(parsed.container.metadata, parsed.weights_name);
  if (own) {
    parsed.family = &diptych_family();
    parsed.model = std::move(*own);
    std::erase_if(parsed.container.tensors.tensors,
                  [](const auto& tensor) { return tensor.first.starts_with(kOptimiserPrefix); });
    assume_nothing_added(files, parsed.model);
    append(parsed.model.assumptions, parsed.container.notes);
    check_stated_facts(files.stated(), parsed.model, parsed.weights_name);
    return parsed;
  }
  parsed.family = &identify_family(files, parsed);
  if (parsed.family->parse == nullptr) {
    fail(ErrorCode::unsupported, "checkpoint: diptych cannot load the family {} so far ({})",
         parsed.family->name, parsed.weights_name);
  }
  if (parsed.family->prepare != nullptr) parsed.family->prepare(parsed.container);
  parsed.model = parsed.family->parse(files, parsed);
  assume_nothing_added(files, parsed.model);
  keep_towers_that_are_there(parsed);
  if (files.known() != nullptr && !files.known()->guessed)
    check_known_facts(*files.known(), parsed.model);
  check_stated_facts(files.stated(), parsed.model, parsed.weights_name);
  append(parsed.model.assumptions, parsed.container.notes);
  Provenance& provenance = parsed.model.provenance;
  const auto named = parsed.container.metadata.find("name");
  if (named != parsed.container.metadata.end()) provenance.name = named->second;
  provenance.family = parsed.family->name;
  provenance.container = name(parsed.container.kind);
  provenance.dtype = describe_dtypes(parsed.container.tensors);
  provenance.source = std::filesystem::path(parsed.weights_name).filename().string();
  return parsed;
}

}  // namespace diptych::checkpoint
