#include "checkpoint/prepare_model.h"

#include <cmath>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/error.h"
#include "checkpoint/families/families.h"
#include "checkpoint/fit_positions.h"
#include "checkpoint/fitting/panels.h"
#include "checkpoint/fitting/quantised.h"
#include "checkpoint/parse_model.h"

namespace diptych::checkpoint {
namespace {

template <typename Tower>
void set_image_size(Tower& tower, int size) {
  if constexpr (std::is_same_v<Tower, network::AbsentImageTowerConfig>) {
    network::refuse_pictures();
  } else {
    tower.image_size = size;
  }
}

template <typename Tower>
void set_context_length(Tower& tower, int length) {
  if constexpr (std::is_same_v<Tower, network::AbsentTextTowerConfig>) {
    network::refuse_texts();
  } else {
    tower.context_length = length;
  }
}

/// What is left of a row after its last whole patch, which reference programs pass over.
int unseen_pixels(const network::ImageTowerConfig& config) {
  return std::visit(
      [](const auto& tower) {
        if constexpr (requires { tower.grid(); }) return tower.image_size % tower.patch_size;
        return 0;
      },
      config);
}

void note_unseen_pixels(ModelFile& model) {
  const int unseen = unseen_pixels(model.config.image);
  if (unseen == 0) return;
  model.resized_positions.push_back(
      fmt::format("The last {} of {} pixels of every row and column are not seen, as in open_clip: "
                  "they make no whole patch.",
                  unseen, model.preprocessing.size));
}

/// Throws Error(corrupt_data) for channels that make no number of a pixel.
void validate_channels(const Preprocessing& preprocessing, const std::string& name) {
  for (std::size_t i = 0; i < preprocessing.mean.size(); ++i) {
    const float mean = preprocessing.mean[i];
    const float deviation = preprocessing.std[i];
    const bool of_pixels = std::abs(mean) <= 1.0F && std::isfinite(deviation) && deviation > 0.0F;
    if (of_pixels) continue;
    fail(
        ErrorCode::corrupt_data,
        "config: preprocessing: got a mean of {} and a standard deviation of {}, expected those of "
        "pixels from 0 to 1, the second above 0 ({})",
        mean, deviation, name);
  }
}

/// Throws Error(invalid_argument) unless the config describes a model that can be, which its
/// preprocessing fits.
void validate(const ParsedModel& parsed) {
  const ModelFile& model = parsed.model;
  try {
    network::validate(model.config);
  } catch (const Error& error) {
    fail(error.code(), "{} ({})", error.what(), parsed.weights_name);
  }
  const int image_size = network::image_size(model.config.image);
  if (model.preprocessing.size != image_size) {
    fail(ErrorCode::invalid_argument,
         "config: the preprocessing makes pictures of {} pixels, the image tower sees {} ({})",
         model.preprocessing.size, image_size, parsed.weights_name);
  }
  validate_channels(model.preprocessing, parsed.weights_name);
}

/// Has layers that are stored as branches become the layers that compute the same.
void fuse(ParsedModel& parsed) {
  if (parsed.family->fuse != nullptr) parsed.family->fuse(parsed);
}

}  // namespace

void apply_requested_sizes(const LoadRequest& request, ModelFile& model) {
  if (request.image_size != 0) {
    std::visit([&](auto& tower) { set_image_size(tower, request.image_size); }, model.config.image);
    model.preprocessing.size = request.image_size;
    note_unseen_pixels(model);
  }
  if (request.context_length != 0) {
    std::visit([&](auto& tower) { set_context_length(tower, request.context_length); },
               model.config.text);
  }
}

ParsedModel prepare_model(const ModelFiles& files, Container container,
                          const LoadRequest& request) {
  network::Quantisation quantisation = dequantise(container.tensors, files.weights());
  TensorMap panels = take_panels(container.tensors, files.weights());
  ParsedModel parsed = parse_model(files, std::move(container));
  // Elsewhere a weight may be known by another name than it is stored under.
  if (parsed.family == &diptych_family()) parsed.model.panels = std::move(panels);
  if (!quantisation.layers.empty()) parsed.model.provenance.dtype = "int8, bfloat16";
  parsed.model.quantisation = std::move(quantisation);
  apply_requested_sizes(request, parsed.model);
  validate(parsed);
  fuse(parsed);
  fit_positions(parsed);
  return parsed;
}

}  // namespace diptych::checkpoint
