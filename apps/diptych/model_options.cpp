#include "model_options.h"

#include "option_values.h"

using diptych::Precision;

void add_model_option(CLI::App& command, std::string& model) {
  command.add_option("--model", model,
                     "checkpoint file or folder, or a name that `diptych models` lists; "
                     "default: the embedded model");
}

void add_image_size_option(CLI::App& command, diptych::LoadOptions& options) {
  command
      .add_option("--image-size", options.image_size,
                  "side of the pictures in pixels, to which the image tower's positions are "
                  "resized; default: the model's")
      ->check(at_least(1, 1 << 14));
}

void add_template_options(CLI::App& command, std::vector<std::string>& templates,
                          std::string& set) {
  auto* prompts = command.add_option_group("prompts", "at most one of the two");
  add_list(
      *prompts, "--template", templates,
      "text with {label} where the label goes, taken literally; of several the embeddings are "
      "averaged; default: what suits the label: \"A photo of a {label}\" for cat, \"A photo of "
      "{label}\" for a cat, 一张{label}的照片 for 猫");
  prompts->add_option("--templates", set, "a published set of templates: openai_80 or simple_7");
  prompts->require_option(0, 1);
}

void add_encoder_options(CLI::App& command, diptych::EncoderOptions& options) {
  command.add_option("--precision", options.precision, "fp32, which is all that this version has")
      ->transform(choice<Precision>({{"fp32", Precision::fp32}}));
  command.add_option("--threads", options.threads, "threads that compute; default: one a CPU")
      ->check(at_least(0));
  command.add_option("--batch", options.batch, "pictures or texts computed at a time; default: 32")
      ->check(at_least(0));
}

diptych::Encoder make_encoder(const ModelOptions& options) {
  return diptych::Encoder(diptych::Model::load(options.model, options.load), options.encoder);
}
