#pragma once

#include <diptych/encoder.h>

#include <string>
#include <vector>

#include "command.h"
#include "json_text.h"

/// The options that every command with a model has.
struct ModelOptions {
  std::string model;  ///< empty: the embedded model
  diptych::LoadOptions load;
  diptych::ComputeOptions compute;
};

/// Declares --quick-gelu, --heads and --strict: what a model's files leave open
void add_load_options(Command command, diptych::LoadOptions& options);

/// Declares --model
void add_model_option(Command command, std::string& model);

/// Declares --model, --image-size, and what a model's files leave open
void add_model_options(Command command, ModelOptions& options);

/// Declares --template, which takes one value each time it is given, and --templates
void add_template_options(Command command, std::vector<std::string>& templates, std::string& set);

/// Declares --device, --precision, --threads, --token-merging and --batch
void add_compute_options(Command command, diptych::ComputeOptions& options);

/// Returns the names of what add_model_options and add_compute_options declare, but for --threads,
/// which commands without a model have too.
std::vector<std::string> model_option_names();

/// Loads the model, and says on stderr, in one line, what had to be assumed.
diptych::Model load_model(const std::string& model, const diptych::LoadOptions& options = {});

/// Does the same, and packs it; what computes otherwise than the precision says is a line too.
diptych::PackedModel pack_model(const ModelOptions& options);
diptych::Encoder make_encoder(const ModelOptions& options);

/// Returns {"precision": "bf16", "unit": "AVX-512 BF16"}, and "token_merging" where rows were
/// merged: what computed an answer.
Json compute_json(const diptych::PackedModel& packed);
