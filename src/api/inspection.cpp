#include "diptych/inspection.h"

#include <utility>

#include "api/model_implementation.h"
#include "api/model_name.h"
#include "api/weight_check.h"
#include "base/error.h"
#include "checkpoint/inspection.h"
#include "tensor/tensor.h"

namespace diptych {
namespace {

/// What check_weights says, and what it refuses.
std::vector<std::string> notes_on_weights(const Model::Implementation& model) {
  try {
    return api::check_weights(model);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt_data) throw;
    return {error.what()};
  }
}

/// A model that has no file of its own: the embedded one.
Inspection inspect_loaded(const Model& model) {
  Inspection result{
      .container = std::string(checkpoint::name(checkpoint::ContainerKind::safetensors)),
      .family = model.info().family,
      .certainty = model.info().assumptions.empty() ? Certainty::stated : Certainty::assumed};
  const TensorMap& weights = model.implementation().file.weights;
  result.tensors = weights.tensors.size();
  for (const auto& [tensor, view] : weights.tensors) {
    result.bytes += view.size_bytes();
    result.dtypes[std::string(name(view.dtype))] += static_cast<std::uint64_t>(view.count());
  }
  result.model = model.info();
  result.notes = notes_on_weights(model.implementation());
  return result;
}

}  // namespace

std::string_view name(Certainty certainty) {
  switch (certainty) {
    case Certainty::stated:
      return "stated";
    case Certainty::assumed:
      return "assumed";
    case Certainty::recognised:
      return "recognised";
    case Certainty::unknown:
      break;
  }
  return "unknown";
}

Inspection inspect(const std::string& name_or_path) {
  if (api::names_embedded_model(name_or_path)) return inspect_loaded(Model::load(name_or_path));
  checkpoint::InspectedFile found =
      checkpoint::inspect(api::model_path(name_or_path), api::known_facts(name_or_path));
  Inspection result{.container = std::move(found.container),
                    .family = std::move(found.family),
                    .certainty = found.certainty,
                    .tensors = found.tensors,
                    .bytes = found.bytes,
                    .dtypes = std::move(found.dtypes),
                    .problem = std::move(found.problem)};
  if (found.model) {
    const Model::Implementation model(name_or_path, std::move(*found.model));
    result.model = model.info;
    result.notes = notes_on_weights(model);
  }
  return result;
}

}  // namespace diptych
