#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "checkpoint/container.h"
#include "checkpoint/known_facts.h"
#include "diptych/image.h"
#include "network/config.h"
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
struct TokenizerUse {
  std::string name;  ///< of a repository on the Hugging Face hub; may be empty
  text::Cleaning cleaning = text::Cleaning::whitespace;
  bool strips_separator = false;  ///< CLIPA's: no [SEP] at the end
};

/// What other programs want of such a tokenizer.
struct TokenizerFiles {
  std::optional<TokenizerUse> use;  ///< none where the model's form does not say it
  std::vector<SourceFile> files;    ///< as they lay beside the weights
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
  /// Plain sentences on what the file does not say and was therefore assumed.
  std::vector<std::string> assumptions;
};

/// What a model is loaded with besides its files.
struct LoadRequest {
  /// Side of the pictures, in pixels, to which positions are resized. Default 0: the model's own.
  int image_size = 0;
  /// Longest text, in tokens, to which positions are resized. Default 0: the model's own.
  int context_length = 0;
  std::optional<KnownFacts> known;
  StatedFacts stated;
};

/// Loads a checkpoint of any known container and family: a file, or a folder with one checkpoint
/// and its family's config; a config beside a file is used too. Nothing in it is executed. Throws
/// Error: not_found, io; corrupt_data; unsupported, naming the field, tensor or family; and
/// invalid_argument, naming the tensors, for weights that do not fit their config, and for files
/// that contradict what is known.
ModelFile load_model_file(const std::filesystem::path& file_or_folder,
                          const LoadRequest& request = {});

/// The same for a folder whose files are in memory, which must outlive the result unless they are
/// kept alive by their own.
ModelFile load_model_folder(std::span<const SourceFile> files, const LoadRequest& request = {});

/// Writes diptych's own form (docs/model-format.md): model.safetensors, diptych.json and, where the
/// tokenizer has its own vocabulary, that; diptych.json last. Makes the folder. Throws
/// Error: io, and invalid_argument for weights that do not fit the config or `weights_dtype`.
void save_model_folder(const std::filesystem::path& folder, const ModelFile& model,
                       DType weights_dtype);

}  // namespace diptych::checkpoint
