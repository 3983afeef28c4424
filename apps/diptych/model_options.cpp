#include "model_options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "console.h"
#include "precision_names.h"

using diptych::Precision;

namespace {

std::optional<int> parse_head_count(std::string_view text) {
  constexpr int kMost = 1 << 14;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && number >= 1 && number <= kMost ? std::optional(number) : std::nullopt;
}

/// Heads of the image and the text tower, from "8" or "12,8".
std::optional<std::pair<int, int>> parse_heads(std::string_view text) {
  const std::size_t comma = std::min(text.find(','), text.size());
  const auto image = parse_head_count(text.substr(0, comma));
  const auto words = comma == text.size() ? image : parse_head_count(text.substr(comma + 1));
  if (!image || !words) return std::nullopt;
  return std::pair(*image, *words);
}

void add_image_size_option(Command command, diptych::LoadOptions& options) {
  command
      .option("--image-size", options.image_size,
              "side of the pictures in pixels, to which the image tower's positions are "
              "resized; default: the model's")
      .at_least(1, 1 << 14);
}

}  // namespace

void add_model_option(Command command, std::string& model) {
  command.option("--model", model,
                 "checkpoint file or folder, or a name that `diptych models` lists; "
                 "default: the embedded model");
}

void add_template_options(Command command, std::vector<std::string>& templates, std::string& set) {
  const Command prompts = command.at_most_one("prompts", "at most one of the two");
  prompts.list(
      "--template", templates,
      "text with {label} where the label goes, taken literally; of several the embeddings are "
      "averaged; default: what suits the label: \"A photo of a {label}\" for cat, \"A photo of "
      "{label}\" for a cat, 一张{label}的照片 for 猫");
  prompts.option("--templates", set, "a published set of templates: openai_80 or simple_7");
}

void add_compute_options(Command command, diptych::ComputeOptions& options) {
  command.option("--device", options.device,
                 "cpu (default), cuda or cuda:N for a GPU, libtorch:cpu for comparing");
  command.choice(
      "--precision", options.precision,
      by_name({Precision::automatic, Precision::fp32, Precision::bf16, Precision::fp16,
               Precision::int8w, Precision::int8}),
      "auto (default: fp32, unless the model's folder says otherwise), fp32, bf16, int8w "
      "(weights only) or int8; with libtorch fp32, bf16 or fp16");
  command.option("--threads", options.threads, "threads that compute; default: one a CPU")
      .at_least(0);
  command
      .option("--token-merging", options.token_merging,
              "rows (patches) of a picture merged into those most like them in each block of a "
              "vision transformer, for speed at some loss (ToMe; 8 for ViT-L/14); default: none")
      .at_least(0);
  command
      .option("--batch", options.batch,
              "the most pictures or texts computed at a time; default: what suits the model")
      .at_least(0);
}

std::vector<std::string> model_option_names() {
  return {"--model",  "--image-size", "--quick-gelu",    "--heads", "--strict",
          "--device", "--precision",  "--token-merging", "--batch"};
}

void add_load_options(Command command, diptych::LoadOptions& options) {
  command.flag(
      "--quick-gelu,!--no-quick-gelu", options.quick_gelu,
      "say that the towers have QuickGELU, or that they have not, where the files do not say it");
  const auto take_heads = [&options](const std::string& text) {
    std::tie(options.image_heads, options.text_heads) = parse_heads(text).value_or(std::pair(0, 0));
  };
  const auto are_heads = [](const std::string& text) { return parse_heads(text).has_value(); };
  command
      .option("--heads", take_heads,
              "say how many attention heads the towers have where the files do not: of both, or "
              "IMAGE,TEXT")
      .check(are_heads, "a number of heads, or two as IMAGE,TEXT");
  command.flag("--strict", options.strict, "refuse a model of which anything had to be assumed");
}

void add_model_options(Command command, ModelOptions& options) {
  add_model_option(command, options.model);
  add_image_size_option(command, options.load);
  add_load_options(command, options.load);
}

diptych::Model load_model(const std::string& model, const diptych::LoadOptions& options) {
  diptych::Model loaded = diptych::Model::load(model, options);
  const diptych::ModelInfo& info = loaded.info();
  if (!info.assumptions.empty()) {
    print_error(fmt::format("{}: assumed: {} (--strict refuses that)", info.name,
                            fmt::join(info.assumptions, " ")));
  }
  return loaded;
}

diptych::PackedModel pack_model(const ModelOptions& options) {
  diptych::PackedModel packed(load_model(options.model, options.load), options.compute);
  if (!packed.unit().note.empty()) print_note(packed.unit().note);
  for (const std::string& note : packed.notes()) print_note(note);
  return packed;
}

diptych::Encoder make_encoder(const ModelOptions& options) {
  return diptych::Encoder(pack_model(options));
}

Json compute_json(const diptych::PackedModel& packed) {
  Json json = {{"precision", name(packed.options().precision)}, {"unit", packed.unit().name}};
  const int merged = packed.options().token_merging;
  if (merged > 0) json["token_merging"] = merged;
  return json;
}
