#include <diptych/model.h>
#include <fmt/format.h>

#include <memory>

#include "command.h"
#include "console.h"

namespace {

using diptych::ModelInfo;
using diptych::Preprocessing;
using diptych::TowerInfo;

struct Options {
  std::string model;
  bool json = false;
};

constexpr const char* kExample =
    "Example:\n"
    "  diptych inspect ViT-B-32.pt --json";

std::string_view name(diptych::ResizeMode mode) {
  switch (mode) {
    case diptych::ResizeMode::shortest:
      return "shortest";
    case diptych::ResizeMode::squash:
      return "squash";
    case diptych::ResizeMode::longest:
      return "longest";
  }
  return "";
}

std::string_view name(diptych::Interpolation interpolation) {
  return interpolation == diptych::Interpolation::bicubic ? "bicubic" : "bilinear";
}

Json to_json(const TowerInfo& tower) {
  return {{"architecture", tower.architecture},
          {"width", tower.width},
          {"layers", tower.layers},
          {"heads", tower.heads},
          {"mlp_width", tower.mlp_width},
          {"activation", tower.activation},
          {"pooling", tower.pooling}};
}

Json to_json(const Preprocessing& how) {
  Json json = {
      {"size", how.size}, {"resize", name(how.mode)}, {"interpolation", name(how.interpolation)},
      {"mean", how.mean}, {"std", how.std},           {"fill", how.fill}};
  json["background"] = how.background ? Json(*how.background) : Json();
  return json;
}

Json to_json(const ModelInfo& info) {
  Json image = to_json(info.image_tower);
  image["image_size"] = info.image_size;
  image["patch_size"] = info.patch_size;
  Json text = to_json(info.text_tower);
  text["context_length"] = info.context_length;
  text["vocabulary_size"] = info.vocabulary_size;
  return {{"name", info.name},
          {"family", info.family},
          {"container", info.container},
          {"dtype", info.dtype},
          {"parameters", info.parameters},
          {"embedding_width", info.embedding_width},
          {"image_tower", image},
          {"text_tower", text},
          {"logit_scale", info.logit_scale},
          {"preprocessing", to_json(info.preprocessing)},
          {"tokenizer", info.tokenizer},
          {"assumptions", info.assumptions}};
}

void print_row(std::string_view name, const std::string& value) {
  print_line(fmt::format("{:<16} {}", name, value));
}

std::string describe(const TowerInfo& tower) {
  return fmt::format("{}, width {}, {} layers, {} heads, {}, pooled at {}", tower.architecture,
                     tower.width, fmt::join(tower.layers, "+"), tower.heads, tower.activation,
                     tower.pooling);
}

void print_text(const ModelInfo& info) {
  print_row("name", info.name);
  print_row("family", info.family);
  print_row("container", info.container);
  print_row("dtype", info.dtype);
  print_row("parameters", fmt::format("{}", info.parameters));
  print_row("embedding", fmt::format("{} numbers", info.embedding_width));
  print_row("image tower", describe(info.image_tower));
  const std::string patches =
      info.patch_size > 0 ? fmt::format(", patches of {}", info.patch_size) : "";
  print_row("image size", fmt::format("{} pixels{}", info.image_size, patches));
  print_row("text tower", describe(info.text_tower));
  print_row("text size", fmt::format("{} tokens of a vocabulary of {}", info.context_length,
                                     info.vocabulary_size));
  print_row("logit scale", fmt::format("{:.4f}", info.logit_scale));
  const Preprocessing& how = info.preprocessing;
  print_row("preprocessing",
            fmt::format("{}, {}, mean {:.4f}, std {:.4f}", name(how.mode), name(how.interpolation),
                        fmt::join(how.mean, " "), fmt::join(how.std, " ")));
  print_row("tokenizer", info.tokenizer);
  for (const std::string& assumption : info.assumptions) print_row("assumed", assumption);
  if (info.assumptions.empty()) print_row("assumed", "nothing");
}

int inspect(const Options& options) {
  const diptych::Model model = diptych::Model::load(options.model);
  options.json ? print_json(to_json(model.info())) : print_text(model.info());
  return 0;
}

}  // namespace

void add_inspect(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("inspect", "Say what a model is");
  command->add_option("MODEL", options->model, "file, folder or name; default: the embedded model");
  command->add_flag("--json", options->json, "print JSON instead of text");
  command->footer(kExample);
  command->callback([options, &action] { action = [options] { return inspect(*options); }; });
}
