#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "api/finetune_data.h"
#include "diptych/encoder.h"

namespace diptych::api {

struct HeldOutFigure {
  double value = 0.0;             ///< 0 to 1
  std::vector<Failure> failures;  ///< pictures that cannot be read; they are in no figure
};

/// Measures how well a model does on the pictures that were kept out: its zero-shot accuracy on
/// classes, or the mean recall of captions.
HeldOutFigure held_out_figure(const Encoder& encoder, const OwnData& data);

/// Returns the accuracy on them of a linear classifier on the embeddings of the others, with what
/// of those cannot be read; nothing without classes.
std::optional<HeldOutFigure> linear_probe_figure(const Encoder& encoder, const OwnData& data);

/// Returns the zero-shot accuracy on a folder of class folders.
HeldOutFigure retained_accuracy(const Encoder& encoder, const std::filesystem::path& folder);

}  // namespace diptych::api
