#include <diptych/arrays.h>
#include <diptych/encoder.h>
#include <diptych/picture_files.h>
#include <diptych/reference.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "command.h"
#include "console.h"
#include "inputs.h"
#include "model_options.h"
#include "option_values.h"
#include "picture_options.h"
#include "progress.h"

namespace {

using diptych::ErrorCode;
using Paths = std::vector<std::filesystem::path>;

struct Options {
  ModelOptions model;
  std::vector<std::string> images;
  std::string texts_from;
  std::string tensors;
  std::string out;
  diptych::DecodeOptions decode;
  bool features = false;
  bool json = false;
};

constexpr const char* kExamples =
    "From pictures and texts it writes image_embeddings and text_embeddings [inputs, width], of "
    "unit\n"
    "length; with --features image_features and text_features, not normalised. The metadata of a\n"
    ".safetensors file says which picture and which text each row is (JSON lists images, texts).\n"
    "From tensors (pixels [B, 3, H, W] float32, tokens [B, L] int32) it writes image_features,\n"
    "text_features and logits_per_image.\n"
    "Examples:\n"
    "  diptych embed --images photos/ --texts-from captions.txt --out embeddings.safetensors\n"
    "  diptych embed --model ViT-B-32.pt --tensors inputs.safetensors --out features.safetensors";

/// What was encoded, and where each row came from.
struct Results {
  diptych::Arrays arrays;
  Paths pictures;
  diptych::EncodedImages images;
  std::vector<std::string> texts;
};

diptych::Array to_array(diptych::Matrix matrix) {
  return {{static_cast<std::int64_t>(matrix.rows), static_cast<std::int64_t>(matrix.columns)},
          std::move(matrix.values)};
}

void encode_pictures(const diptych::Encoder& encoder, const Options& options, Results& results) {
  Progress progress("pictures");
  results.images = encoder.encode_images(
      results.pictures,
      {.normalise = !options.features, .progress = progress.callback(), .decode = options.decode});
  if (results.images.inputs.empty()) return;
  results.arrays[options.features ? "image_features" : "image_embeddings"] =
      to_array(std::move(results.images.rows));
}

void encode_texts(const diptych::Encoder& encoder, const Options& options, Results& results) {
  Progress progress("texts");
  results.arrays[options.features ? "text_features" : "text_embeddings"] =
      to_array(encoder.encode_texts(
          results.texts, {.normalise = !options.features, .progress = progress.callback()}));
}

Json encoded_paths(const Results& results) {
  Json paths = Json::array();
  for (const std::size_t i : results.images.inputs) paths.push_back(results.pictures[i].string());
  return paths;
}

std::string to_note(const Json& list) {
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void write_results(const Options& options, const Results& results) {
  diptych::Notes notes;
  if (!results.pictures.empty()) notes["images"] = to_note(encoded_paths(results));
  if (!results.texts.empty()) notes["texts"] = to_note(results.texts);
  diptych::write_arrays(options.out, results.arrays, notes);
}

void print_report(const Options& options, const Results& results) {
  Json report = {{"out", options.out}, {"images", encoded_paths(results)}};
  report["texts"] = results.texts.size();
  report["refused"] = Json::array();
  for (const diptych::Failure& failure : results.images.failures) {
    report["refused"].push_back(
        {{"image", results.pictures[failure.index].string()}, {"error", failure.message}});
  }
  print_json(report);
}

int embed_inputs(const Options& options) {
  Results results;
  const Paths given(options.images.begin(), options.images.end());
  diptych::SkippedFiles skipped;
  results.pictures = diptych::expand_folders(given, &skipped);
  if (!options.texts_from.empty()) {
    results.texts = read_lines(options.texts_from);
    if (results.texts.empty()) {
      throw diptych::Error(
          ErrorCode::invalid_argument,
          fmt::format("texts: got an empty file, expected a text a line ({})", options.texts_from));
    }
  }
  if (results.pictures.empty() && results.texts.empty()) {
    throw diptych::Error(ErrorCode::invalid_argument,
                         "embed: got no input, expected --images, --texts-from or --tensors");
  }
  const diptych::Encoder encoder = make_encoder(options.model);
  if (!results.texts.empty()) encode_texts(encoder, options, results);
  if (!results.pictures.empty()) encode_pictures(encoder, options, results);
  if (!results.arrays.empty()) write_results(options, results);
  if (options.json) print_report(options, results);
  print_skipped(skipped);
  print_picture_notes(results.images.counts, options.decode);
  return report_failures(results.images.failures, results.pictures.size());
}

int embed_tensors(const Options& options) {
  const diptych::Arrays inputs = diptych::read_arrays(options.tensors);
  const diptych::Encoder encoder = make_encoder(options.model);
  const diptych::Arrays outputs = diptych::encode_arrays(encoder, inputs);
  diptych::write_arrays(options.out, outputs);
  if (options.json) {
    Json report = {{"out", options.out}};
    for (const auto& [name, array] : outputs) report["arrays"][name] = array.shape;
    print_json(report);
  }
  return 0;
}

int embed(const Options& options) {
  diptych::check_writable(options.out);
  return options.tensors.empty() ? embed_inputs(options) : embed_tensors(options);
}

}  // namespace

void add_embed(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("embed", "Write the embeddings of pictures and texts");
  add_model_option(*command, options->model.model);
  add_image_size_option(*command, options->model.load);
  add_load_options(*command, options->model.load);
  CLI::Option* images =
      add_list(*command, "--images", options->images, "pictures, or folders with pictures");
  CLI::Option* texts = command->add_option("--texts-from", options->texts_from,
                                           "file with a text a line, - for stdin");
  command
      ->add_option("--tensors", options->tensors,
                   "a .safetensors file with preprocessed inputs: pixels, tokens")
      ->excludes(images)
      ->excludes(texts);
  command->add_option("--out", options->out, "file to write (.safetensors, .npy)")->required();
  command->add_flag("--features", options->features, "do not normalise");
  add_picture_options(*command, options->decode, /*upright=*/false);
  add_encoder_options(*command, options->model.encoder);
  command->add_flag("--json", options->json, "print what was written as JSON");
  command->footer(kExamples);
  command->callback([options, &action] { action = [options] { return embed(*options); }; });
}
