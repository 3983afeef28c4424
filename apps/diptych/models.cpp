#include <diptych/model.h>
#include <fmt/format.h>

#include <memory>

#include "command.h"
#include "console.h"

namespace {

constexpr const char* kExample =
    "Example:\n"
    "  diptych models --json";

int list(bool json) {
  Json models = Json::array();
  for (const diptych::ListedModel& model : diptych::list_models()) {
    models.push_back({{"name", model.name},
                      {"description", model.description},
                      {"bytes", model.bytes},
                      {"available", model.available}});
    if (!json) {
      print_line(fmt::format("{:<24} {:>8.1f} MB  {}{}", model.name,
                             static_cast<double>(model.bytes) / 1e6, model.description,
                             model.available ? "" : " (not in this build)"));
    }
  }
  if (json) print_json(models);
  return 0;
}

}  // namespace

void add_models(CLI::App& app, Action& action) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("models", "List the models that have a name");
  command->add_flag("--json", *json, "print JSON instead of text");
  command->footer(kExample);
  command->callback([json, &action] { action = [json] { return list(*json); }; });
}
