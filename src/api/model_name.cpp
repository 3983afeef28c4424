#include "api/model_name.h"

#include <fmt/ranges.h>

#include <string_view>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "catalogue/cache.h"
#include "catalogue/catalogue.h"

namespace diptych::api {
namespace {

constexpr std::string_view kLocalPrefix = "local-dir:";

bool exists(const std::string& path) {
  std::error_code unknown;
  return std::filesystem::exists(path, unknown);
}

std::filesystem::path pulled_path(const ListedModel& model) {
  if (catalogue::pulled_weights(model).empty()) {
    fail(ErrorCode::not_found,
         "model {}: is not on this machine; `diptych pull {}` fetches it (expected in {})",
         model.name, model.name, catalogue::folder_of(model).string());
  }
  return catalogue::folder_of(model);
}

checkpoint::KnownFacts facts_of(const ListedModel& model) {
  const bool is_open_clip = model.family == "open_clip";
  checkpoint::KnownFacts facts{.name = model.name, .preprocessing = model.preprocessing};
  if (is_open_clip) facts.architecture = model.architecture;
  // The other families' towers have their activation by being theirs.
  if (is_open_clip || model.family == "openai") facts.quick_gelu = model.quick_gelu;
  return facts;
}

/// The listed model that publishes a file of this name.
std::optional<ListedModel> find_by_file(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  for (const ListedModel& model : catalogue::published_models()) {
    for (const ModelSource& source : model.sources) {
      if (!source.url.empty() && std::filesystem::path(source.url).filename() == name) return model;
    }
  }
  return std::nullopt;
}

}  // namespace

bool names_embedded_model(const std::string& name_or_path) {
  return name_or_path.empty() || name_or_path == kEmbeddedName;
}

std::filesystem::path model_path(const std::string& name_or_path) {
  const bool local = name_or_path.starts_with(kLocalPrefix);
  const std::string path = local ? name_or_path.substr(kLocalPrefix.size()) : name_or_path;
  if (exists(path)) return path;
  if (local) fail(ErrorCode::not_found, "no model at {}: no such file or folder", path);
  if (const auto model = catalogue::find_published(path)) return pulled_path(*model);
  fail_unknown_model(path);
}

std::optional<checkpoint::KnownFacts> known_facts(const std::string& name_or_path) {
  const bool local = name_or_path.starts_with(kLocalPrefix);
  const std::string path = local ? name_or_path.substr(kLocalPrefix.size()) : name_or_path;
  const bool is_path = local || exists(path);
  const auto model = is_path ? find_by_file(path) : catalogue::find_published(path);
  if (!model) return std::nullopt;
  checkpoint::KnownFacts facts = facts_of(*model);
  facts.guessed = is_path;
  return facts;
}

void fail_unknown_model(const std::string& name) {
  const std::vector<std::string> similar = catalogue::similar_names(name);
  fail(ErrorCode::not_found,
       "model: got '{}', expected a file, a folder, or a name that `diptych models` lists{}{}",
       name, similar.empty() ? "" : ", such as ", fmt::join(similar, ", "));
}

}  // namespace diptych::api
