#include "api/quantised_model.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <set>
#include <utility>

#include "api/calibration_set.h"
#include "api/model_implementation.h"
#include "api/packed_model_implementation.h"
#include "api/picture_copies.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "checkpoint/configs/diptych_json.h"
#include "checkpoint/model_folder.h"
#include "diptych/encoder.h"
#include "engine/calibration.h"

namespace diptych::api {
namespace {

/// Fewer say nothing about the channels of a layer.
constexpr std::size_t kFewest = 16;

constexpr engine::CalibrationOptions kLimits;

/// A set with the made-up inputs in the place of those that were not given.
struct Inputs {
  std::vector<std::filesystem::path> picture_files;
  std::vector<Image> pictures;
  std::vector<std::string> texts;

  bool made_up_pictures() const { return !pictures.empty(); }
  std::size_t picture_count() const {
    return made_up_pictures() ? pictures.size() : picture_files.size();
  }
};

/// `count`: how many different ones there are, none for the library's own.
void check_count(std::size_t count, const char* what) {
  if (count == 0 || count >= kFewest) return;
  fail(ErrorCode::invalid_argument, "calibrate: got {} different {}{}, expected {} or more", count,
       what, count == 1 ? "" : "s", kFewest);
}

/// Throws Error(invalid_argument) for inputs of a tower that the model has not.
void check_towers(const Model& model, const CalibrationSet& set) {
  const auto refuse = [&](bool given, const char* what, const char* tower) {
    if (!given) return;
    fail(ErrorCode::invalid_argument,
         "calibrate: got {}, expected none for a model without {} tower ({})", what, tower,
         model.info().name);
  };
  refuse(!set.pictures.empty() && !model.info().has_image_tower, "pictures", "an image");
  refuse(!set.texts.empty() && !model.info().has_text_tower, "texts", "a text");
}

Inputs choose_inputs(const Model& model, const CalibrationSet& set) {
  if (model.info().has_text_tower && model.info().tokenizer == "none")
    fail(ErrorCode::unsupported,
         "convert: int8: got a model without a tokenizer, expected one to calibrate its text tower "
         "with ({})",
         model.info().name);
  check_towers(model, set);
  check_count(api::count_different(set.pictures), "picture");
  check_count(std::set(set.texts.begin(), set.texts.end()).size(), "text");
  Inputs inputs;
  if (model.info().has_image_tower) {
    inputs.picture_files = set.pictures;
    if (set.pictures.empty()) inputs.pictures = api::made_up_pictures();
  }
  if (model.info().has_text_tower)
    inputs.texts = set.texts.empty() ? api::made_up_texts() : set.texts;
  return inputs;
}

struct Embeddings {
  Matrix pictures;
  Matrix texts;
};

Embeddings embed(const Encoder& encoder, const Inputs& inputs) {
  Embeddings result;
  if (inputs.made_up_pictures()) {
    result.pictures = encoder.encode_images(inputs.pictures).all();
  } else if (!inputs.picture_files.empty()) {
    result.pictures = encoder.encode_images(inputs.picture_files).all();
  }
  if (!inputs.texts.empty()) result.texts = encoder.encode_texts(inputs.texts).all();
  return result;
}

std::vector<std::size_t> nearest_texts(const Embeddings& embeddings) {
  const Matrix scores = similarities(embeddings.pictures, embeddings.texts);
  std::vector<std::size_t> nearest;
  for (std::size_t i = 0; i < scores.rows; ++i)
    nearest.push_back(largest(scores.row(i), 1).front().index);
  return nearest;
}

QuantisationLoss compare(const Embeddings& exact, const Embeddings& got) {
  QuantisationLoss loss{.image_cosine = least_cosine(exact.pictures, got.pictures),
                        .text_cosine = least_cosine(exact.texts, got.texts),
                        .pictures = static_cast<int>(exact.pictures.rows),
                        .texts = static_cast<int>(exact.texts.rows)};
  if (loss.pictures == 0 || loss.texts == 0) return loss;
  const std::vector<std::size_t> expected = nearest_texts(exact);
  const std::size_t same =
      std::inner_product(expected.begin(), expected.end(), nearest_texts(got).begin(),
                         std::size_t{0}, std::plus<>(), std::equal_to<>());
  loss.agreement = static_cast<double>(same) / loss.pictures;
  return loss;
}

std::string decision(const engine::Calibrated& calibrated) {
  std::string note = fmt::format(
      "int8: {} weights in eight bits, {} of them after smoothing of their inputs; {} that would "
      "lose more than {:.0f} % stay in bf16.",
      calibrated.quantisation.layers.size(), calibrated.smoothed, calibrated.left_wide,
      100.0 * kLimits.largest_error);
  if (calibrated.unseen > 0)
    note += fmt::format(" {} that embeddings do not need, in bf16 too.", calibrated.unseen);
  return note;
}

std::string cost(const QuantisationLoss& loss, const Inputs& inputs) {
  std::string note = "int8: cosine to fp32 at least";
  if (loss.pictures > 0)
    note += fmt::format(" {:.5f} of {} {}pictures", loss.image_cosine, loss.pictures,
                        inputs.made_up_pictures() ? "made-up " : "");
  if (loss.texts > 0)
    note += fmt::format("{} {:.5f} of {} texts", loss.pictures > 0 ? " and" : "", loss.text_cosine,
                        loss.texts);
  if (loss.pictures > 0 && loss.texts > 0)
    note += fmt::format("; the nearest text is the same for {:.1f} % of the pictures",
                        100.0 * loss.agreement);
  return note + ".";
}

std::uint64_t bytes_of(const std::filesystem::path& folder) {
  return std::filesystem::file_size(folder / "model.safetensors");
}

}  // namespace

std::vector<std::string> write_quantised(const Model& model, const std::filesystem::path& folder,
                                         const CalibrationSet& set, checkpoint::ModelFile& file) {
  const Inputs inputs = choose_inputs(model, set);
  engine::LayerInputs seen;
  engine::Calibrated calibrated;
  Embeddings exact;
  {
    const Encoder encoder(PackedModel::Implementation::observed(model, {.layers = &seen}));
    exact = embed(encoder, inputs);
    ThreadPool pool(0);
    calibrated = engine::calibrate(model.implementation().network, seen, pool, kLimits);
  }
  file.quantisation = calibrated.quantisation;
  if (file.quantisation.layers.empty())
    fail(ErrorCode::unsupported,
         "convert: int8: every one of the {} weights would lose more than {:.0f} %, expected some "
         "that eight bits suffice for ({})",
         calibrated.left_wide, 100.0 * kLimits.largest_error, model.info().name);
  checkpoint::save_quantised_folder(folder, file);
  const Embeddings got =
      embed(Encoder(Model::load(folder.string()), {.precision = Precision::int8}), inputs);
  file.quantisation_loss = compare(exact, got);
  write_file(folder / checkpoint::kDiptychJson,
             checkpoint::write_diptych_json(file).dump(1) + "\n");
  return {decision(calibrated), cost(*file.quantisation_loss, inputs),
          fmt::format("int8: {:.1f} MB of weights.", static_cast<double>(bytes_of(folder)) / 1e6)};
}

}  // namespace diptych::api
