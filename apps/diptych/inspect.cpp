#include <diptych/error.h>
#include <diptych/inspection.h>
#include <diptych/packed_model.h>
#include <fmt/format.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "console.h"
#include "counted.h"
#include "preprocessing_text.h"

namespace {

using diptych::Inspection;
using diptych::ModelInfo;
using diptych::Precision;
using diptych::TowerInfo;

struct InspectArguments {
  std::string model;
  bool json = false;
};

constexpr const char* kInspectExample =
    "Example:\n"
    "  diptych inspect ViT-B-32.pt --json";

Json to_json(const TowerInfo& tower) {
  return {{"architecture", tower.architecture},
          {"width", tower.width},
          {"layers", tower.layers},
          {"heads", tower.heads},
          {"mlp_width", tower.mlp_width},
          {"activation", tower.activation},
          {"pooling", tower.pooling}};
}

constexpr std::array kPrecisions = {Precision::fp32, Precision::bf16, Precision::int8w,
                                    Precision::int8};

/// What this machine computes each precision with.
Json units_json() {
  Json units;
  for (const Precision precision : kPrecisions)
    units[name(precision)] = diptych::cpu_unit(precision).name;
  return units;
}

/// Adds what is known of a model that loads.
void add_model(Json& json, const ModelInfo& info) {
  json["dtype"] = info.dtype;
  json["parameters"] = info.parameters;
  json["embedding_width"] = info.embedding_width;
  json["image_tower"] = nullptr;
  if (info.has_image_tower) {
    json["image_tower"] = to_json(info.image_tower);
    json["image_tower"]["image_size"] = info.image_size;
    json["image_tower"]["patch_size"] = info.patch_size;
  }
  json["text_tower"] = nullptr;
  if (info.has_text_tower) {
    json["text_tower"] = to_json(info.text_tower);
    json["text_tower"]["context_length"] = info.context_length;
    json["text_tower"]["vocabulary_size"] = info.vocabulary_size;
  }
  json["logit_scale"] = info.logit_scale;
  json["logit_bias"] = info.logit_bias;
  json["preprocessing"] = info.has_image_tower ? preprocessing_json(info.preprocessing) : Json();
  json["tokenizer"] = info.tokenizer;
  if (info.int8)
    json["int8"] = {{"image_cosine", info.int8->image_cosine},
                    {"text_cosine", info.int8->text_cosine},
                    {"agreement", info.int8->agreement},
                    {"pictures", info.int8->pictures},
                    {"texts", info.int8->texts}};
  json["assumptions"] = info.assumptions;
  json["units"] = units_json();
}

Json to_json(const std::string& model, const Inspection& inspection) {
  Json json = {{"name", inspection.model ? inspection.model->name : model},
               {"family", inspection.family},
               {"container", inspection.container},
               {"certainty", name(inspection.certainty)},
               {"tensors", inspection.tensors},
               {"bytes", inspection.bytes},
               {"dtypes", inspection.dtypes}};
  if (inspection.model) add_model(json, *inspection.model);
  if (!inspection.notes.empty()) json["notes"] = inspection.notes;
  if (!inspection.model) json["problem"] = inspection.problem;
  return json;
}

std::string describe(const TowerInfo& tower) {
  return fmt::format("{}, width {}, {} layers, {} heads, {}, pooled at {}", tower.architecture,
                     tower.width, fmt::join(tower.layers, "+"), tower.heads, tower.activation,
                     tower.pooling);
}

void print_image_tower(const ModelInfo& info) {
  if (!info.has_image_tower) return print_field("image tower", "none: it is a text tower alone");
  print_field("image tower", describe(info.image_tower));
  const std::string patches =
      info.patch_size > 0 ? fmt::format(", patches of {}", info.patch_size) : "";
  print_field("image size", fmt::format("{} pixels{}", info.image_size, patches));
  print_field("preprocessing", preprocessing_text(info.preprocessing));
}

void print_text_tower(const ModelInfo& info) {
  if (!info.has_text_tower) return print_field("text tower", "none: it is an image tower alone");
  print_field("text tower", describe(info.text_tower));
  print_field("text size", fmt::format("{} tokens of a vocabulary of {}", info.context_length,
                                       info.vocabulary_size));
  print_field("tokenizer", info.tokenizer);
}

std::string int8_loss(const diptych::QuantisationLoss& loss) {
  return fmt::format(
      "unless --precision says otherwise; cosine to fp32 at least {:.5f} of {} pictures and {:.5f} "
      "of {} texts",
      loss.image_cosine, loss.pictures, loss.text_cosine, loss.texts);
}

void print_model(const ModelInfo& info) {
  print_field("parameters", fmt::format("{}", info.parameters));
  print_field("embedding", fmt::format("{} numbers", info.embedding_width));
  print_image_tower(info);
  print_text_tower(info);
  if (info.logit_scale != 0.0F) print_field("logit scale", fmt::format("{:.4f}", info.logit_scale));
  if (info.logit_bias != 0.0F) print_field("logit bias", fmt::format("{:.4f}", info.logit_bias));
  for (const Precision precision : kPrecisions)
    print_field("computed with",
                fmt::format("{} for {}", diptych::cpu_unit(precision).name, name(precision)));
  if (info.int8) print_field("int8", int8_loss(*info.int8));
  for (const std::string& assumption : info.assumptions) print_field("assumed", assumption);
}

void print_text(const std::string& model, const Inspection& inspection) {
  print_field("name", inspection.model ? inspection.model->name : model);
  print_field("family", inspection.family.empty() ? "unknown" : inspection.family);
  print_field("container", inspection.container);
  print_field("certainty", std::string(name(inspection.certainty)));
  print_field("weights", fmt::format("{}, {}", counted(inspection.tensors, "tensor"),
                                     counted(inspection.bytes, "byte")));
  for (const auto& [dtype, numbers] : inspection.dtypes) {
    print_field("dtype", fmt::format("{} x {}", numbers, dtype));
  }
  if (inspection.model) print_model(*inspection.model);
}

/// What cannot be loaded is described as far as it can be, and is an error all the same.
int inspect(const InspectArguments& options) {
  const Inspection inspection = diptych::inspect(options.model);
  if (options.json) {
    print_json(to_json(options.model, inspection));
  } else {
    print_text(options.model, inspection);
  }
  for (const std::string& note : inspection.notes) print_note(note);
  if (inspection.model) return 0;
  print_error(inspection.problem);
  return diptych::exit_status(diptych::ErrorCode::unsupported);
}

}  // namespace

void add_inspect(Command program) {
  auto options = std::make_shared<InspectArguments>();
  const Command command = program.command("inspect", "Say what a model is");
  command.option("MODEL", options->model, "file, folder or name; default: the embedded model");
  command.flag("--json", options->json, "print JSON instead of text");
  command.footer(kInspectExample);
  command.runs([options] { return inspect(*options); });
}
