#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "diptych/export.h"
#include "diptych/model.h"
#include "diptych/packed_model.h"

namespace diptych {

/// Inputs that are like those a model is made for.
struct CalibrationSet {
  /// At least 16 different ones. Default: pictures that are made up.
  std::vector<std::filesystem::path> pictures;
  /// At least 16 different ones, in UTF-8. Default: some captions of the library's own.
  std::vector<std::string> texts;
};

struct ConvertOptions {
  /// "diptych", "open_clip", "openai", "chinese_clip", "eva" or "huggingface".
  std::string format = "diptych";
  /// Of the weights: fp32, fp16, bf16, or in diptych's own form int8: a model that is computed in
  /// int8 unless it is told otherwise, its matrices in eight bits with a scale for each output, the
  /// rest and the layers that would lose too much in bf16. Default: fp32.
  Precision dtype = Precision::fp32;
  /// In diptych's own form and fp32: with the matrices in the order that the CPU multiplies them
  /// in, so that a start maps the file and computes, in memory that processes share. In other
  /// precisions they are packed anew. Default: no.
  bool packed = false;
  /// What int8 is decided and measured with; not used otherwise.
  CalibrationSet calibration;
  /// Written into diptych's own form, for others a note; empty: as the model says.
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
/// int8 takes the memory of the model in fp32; what it costs beside fp32 is measured, returned and
/// kept in the folder.
/// Returns what the program of that form does otherwise than the model, and what int8 costs, one
/// sentence each.
/// Throws Error: invalid_argument for an unknown form, another precision and for a folder that is
/// not empty, unsupported for what the form cannot say, io.
DIPTYCH_API std::vector<std::string> convert_model(const Model& model,
                                                   const std::filesystem::path& folder,
                                                   const ConvertOptions& options = {});

}  // namespace diptych
