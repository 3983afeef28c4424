#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "diptych/export.h"
#include "diptych/model.h"

namespace diptych {

struct ConvertOptions {
  /// "diptych", "open_clip", "openai", "chinese_clip", "eva" or "huggingface".
  std::string format = "diptych";
  /// Of the weights: "fp32", "fp16" or "bf16". Default: fp32.
  std::string dtype = "fp32";
  /// Written into diptych's own form; empty: as the model says.
  std::string name;
  std::string licence;
  /// Cosine from which on a label fits a picture, above -1 and below 1, as measured for this model
  /// (Classifier::fits_from); written into diptych's own form, refused for others. Default 0: as
  /// the model says.
  float fits_from = 0.0F;
  /// Write into a folder that is not empty, over files of the same names. Default: refuse it.
  bool overwrite = false;
};

/// Writes a model into a folder in another form. diptych's own form also gets reference embeddings
/// of two texts and a tiny picture, computed from what was written, so that a copy can be verified;
/// not where the model in float32 is larger than the machine's memory. Writing itself takes the
/// memory of one tensor, whatever the model's size.
/// Returns what the program of that form does otherwise than the model, one sentence each.
/// Throws Error: invalid_argument for unknown words and for a folder that is not empty, unsupported
/// for what the form cannot say, io.
DIPTYCH_API std::vector<std::string> convert_model(const Model& model,
                                                   const std::filesystem::path& folder,
                                                   const ConvertOptions& options = {});

}  // namespace diptych
