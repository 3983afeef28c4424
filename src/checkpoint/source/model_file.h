#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checkpoint/containers/container.h"
#include "diptych/image.h"
#include "diptych/model.h"
#include "network/config.h"
#include "network/quantisation.h"
#include "tensor/tensor.h"
#include "text/tokenizer_spec.h"

namespace diptych::checkpoint {

using text::TokenizerSpec;

/// Where a model comes from; empty where that is not known.
struct Provenance {
  std::string name;
  std::string family;     ///< whose names the checkpoint used: "openai", "open_clip", ...
  std::string container;  ///< "safetensors", "torch zip", "TorchScript"
  std::string dtype;      ///< of the weights as stored, the commonest first: "float16, float32"
  std::string licence;
  std::string source;
};

/// Embeddings (normalised) that the model gave where it was made; whoever can compute them may
/// check a copy.
struct ReferenceEmbeddings {
  struct Text {
    std::string text;
    std::vector<float> embedding;
  };
  std::vector<Text> texts;
  Image picture;  ///< before preprocessing
  std::vector<float> picture_embedding;
};

/// How a model uses a tokenizer whose files lie beside its weights.
struct TokenizerSettings {
  std::string name;  ///< of a repository on the Hugging Face hub; may be empty
  text::Cleaning cleaning = text::Cleaning::whitespace;
  bool strips_separator = false;  ///< CLIPA's: no [SEP] at the end
};

/// What other programs want of such a tokenizer.
struct TokenizerFiles {
  std::optional<TokenizerSettings> use;  ///< none where the model's form does not say it
  std::vector<FileBytes> files;          ///< as they lay beside the weights
};

/// A checkpoint in canonical terms.
struct ModelFile {
  network::ModelConfig config;
  Preprocessing preprocessing;
  TokenizerSpec tokenizer;
  TokenizerFiles tokenizer_files;
  /// One tensor of floating-point type for each parameter of network::make_model(config), under its
  /// canonical name and with its shape. Views into the mapped file where the layout allows.
  TensorMap weights;
  Provenance provenance;
  std::optional<ReferenceEmbeddings> references;
  /// Cosine from which on a label fits a picture, as measured on pictures that were not trained on;
  /// holds for these weights alone. None: nobody measured it.
  std::optional<float> fits_from;
  /// Matrices as they are stored in the order that the CPU multiplies them in, which `weights`
  /// computes in rows (fitting/panels.h).
  TensorMap panels;
  /// Of weights that are stored in eight bits, which `weights` computes as float32.
  network::Quantisation quantisation;
  std::optional<QuantisationLoss> quantisation_loss;
  /// Plain sentences on what the file does not say and was therefore assumed.
  std::vector<std::string> assumptions;
  /// Plain sentences on positions that were resized and on pixels of another size that are not
  /// seen. A model trained from there is of that size itself; for all others they are assumptions
  /// too.
  std::vector<std::string> resized_positions;
};

/// Returns everything that `model` rests on without its file saying so, in plain sentences.
inline std::vector<std::string> all_assumptions(const ModelFile& model) {
  std::vector<std::string> all = model.assumptions;
  all.insert(all.end(), model.resized_positions.begin(), model.resized_positions.end());
  return all;
}

}  // namespace diptych::checkpoint
