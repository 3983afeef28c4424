#include "diptych/catalogue.h"

#include <utility>

#include "api/embedded_model.h"
#include "api/model_name.h"
#include "catalogue/cache.h"
#include "catalogue/catalogue.h"

namespace diptych {
namespace {

ListedModel embedded_model() {
  const std::vector<checkpoint::FileBytes> files = api::embedded_files();
  return {.name = api::kEmbeddedName,
          .family = "diptych",
          .description = "embedded: drawings and photos of things, English and Chinese",
          .licence = "Apache-2.0",
          .bytes = files.empty() ? 0 : files.front().bytes.size(),
          .available = !files.empty()};
}

}  // namespace

std::vector<ListedModel> list_models() {
  std::vector<ListedModel> models = {embedded_model()};
  for (const ListedModel& model : catalogue::published_models()) {
    models.push_back(catalogue::on_this_machine(model));
  }
  for (const std::string& name : catalogue::pulled_hub_names()) {
    const auto model = catalogue::find_published(name);
    if (!model) continue;
    ListedModel here = catalogue::on_this_machine(*model);
    if (here.available) models.push_back(std::move(here));
  }
  return models;
}

ListedModel find_listed_model(const std::string& name) {
  if (api::names_embedded_model(name)) return embedded_model();
  if (const auto model = catalogue::find_published(name)) return catalogue::on_this_machine(*model);
  api::fail_unknown_model(name);
}

}  // namespace diptych
