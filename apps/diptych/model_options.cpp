#include "model_options.h"

#include <map>

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
      ->check(CLI::Range(1, 1 << 14).description(""));
}

void add_encoder_options(CLI::App& command, diptych::EncoderOptions& options) {
  const std::map<std::string, Precision> precisions = {
      {"fp32", Precision::fp32}, {"bf16", Precision::bf16}, {"int8", Precision::int8}};
  command.add_option("--precision", options.precision, "fp32 (default), bf16 or int8")
      ->transform(CLI::CheckedTransformer(precisions).description(""));
  command.add_option("--threads", options.threads, "threads that compute; default: one a CPU")
      ->check(CLI::NonNegativeNumber.description(""));
  command.add_option("--batch", options.batch, "pictures or texts computed at a time; default: 32")
      ->check(CLI::NonNegativeNumber.description(""));
}

diptych::Encoder make_encoder(const ModelOptions& options) {
  return diptych::Encoder(diptych::Model::load(options.model, options.load), options.encoder);
}
