#include "diptych/packed_model.h"

#include <fmt/core.h>

#include <functional>
#include <utility>

#include "api/libtorch.h"
#include "api/model_implementation.h"
#include "api/packed_model_implementation.h"
#include "base/error.h"
#include "engine/cpu_executor.h"
#include "engine/stored_panels.h"
#include "engine/weights.h"

namespace diptych {
namespace {

using api::libtorch_device;

bool is_cpu(const ComputeOptions& options) {
  return libtorch_device(options.device).empty();
}

/// What `automatic` stands for.
Precision own_precision(const Model& model, const ComputeOptions& options) {
  const bool quantised = !model.implementation().file.quantisation.layers.empty();
  return quantised && is_cpu(options) ? Precision::int8 : Precision::fp32;
}

void check_token_merging(const Model& model, int merged) {
  if (merged < 0)
    fail(ErrorCode::invalid_argument, "token-merging: got {}, expected 0 or more", merged);
  if (merged == 0 || network::merges_rows(model.implementation().network.config.image)) return;
  fail(
      ErrorCode::invalid_argument,
      "token-merging: got {}, expected 0: {} has no vision transformer that pools a class token or "
      "by attention",
      merged, model.info().name);
}

ComputeUnit unit_of(const Model& model, const ComputeOptions& options) {
  if (!is_cpu(options)) return {.name = options.device, .note = {}};
  ComputeUnit unit = cpu_unit(options.precision);
  if (!engine::packs_anew(model.implementation().file.panels, options.precision)) return unit;
  if (!unit.note.empty()) unit.note += "; ";
  unit.note += fmt::format(
      "{}: the folder's weights are packed for fp32 in panels of {} outputs, and packed anew",
      name(options.precision), engine::panel_width());
  return unit;
}

/// `make(pool)`, and its errors with the model's name.
std::shared_ptr<engine::PackedModel> pack_with(
    const Model& model, const ComputeOptions& options,
    const std::function<std::shared_ptr<engine::PackedModel>(std::shared_ptr<ThreadPool>)>& make) {
  try {
    return make(std::make_shared<ThreadPool>(options.threads));
  } catch (const Error& error) {
    fail(error.code(), "{} ({})", error.what(), model.info().name);
  }
}

std::shared_ptr<engine::PackedModel> pack(const Model& model, const ComputeOptions& options,
                                          engine::Observers observers) {
  if (is_cpu(options)) return api::pack_on_cpu(model, options, observers);
  return pack_with(model, options, [&](std::shared_ptr<ThreadPool> pool) {
    auto executor = api::make_libtorch_executor(model, options, pool->size());
    return std::make_shared<engine::PackedModel>(std::move(executor), std::move(pool));
  });
}

}  // namespace

ComputeOptions api::checked(const Model& model, ComputeOptions options) {
  if (options.threads < 0)
    fail(ErrorCode::invalid_argument, "threads: got {}, expected 0 or more", options.threads);
  if (options.batch < 0)
    fail(ErrorCode::invalid_argument, "batch: got {}, expected 0 or more", options.batch);
  check_token_merging(model, options.token_merging);
  if (options.precision == Precision::automatic) options.precision = own_precision(model, options);
  return options;
}

std::shared_ptr<engine::PackedModel> api::pack_on_cpu(const Model& model,
                                                      const ComputeOptions& options,
                                                      engine::Observers observers) {
  const Model::Implementation& loaded = model.implementation();
  return pack_with(model, options, [&](std::shared_ptr<ThreadPool> pool) {
    auto weights = std::make_shared<const engine::Weights>(
        loaded.network, loaded.file.weights, *pool, options.precision, loaded.file.quantisation,
        loaded.file.panels);
    return engine::on_cpu(std::move(weights), std::move(pool), observers, options.token_merging);
  });
}

PackedModel::Implementation::Implementation(Model packed, const ComputeOptions& how)
    : Implementation(std::move(packed), how, engine::Observers{}) {}

PackedModel::Implementation::Implementation(Model packed, const ComputeOptions& how,
                                            engine::Observers observers)
    : model(std::move(packed)),
      options(api::checked(model, how)),
      unit(unit_of(model, options)),
      engine(pack(model, options, observers)) {}

PackedModel PackedModel::Implementation::observed(Model model, engine::Observers observers) {
  return PackedModel(std::shared_ptr<const Implementation>(
      new Implementation(std::move(model), {.precision = Precision::fp32}, observers)));
}

PackedModel::PackedModel(Model model, const ComputeOptions& options)
    : implementation_(std::make_shared<const Implementation>(std::move(model), options)) {}

const Model& PackedModel::model() const {
  return implementation_->model;
}

const ComputeOptions& PackedModel::options() const {
  return implementation_->options;
}

const ComputeUnit& PackedModel::unit() const {
  return implementation_->unit;
}

std::vector<std::string> PackedModel::notes() const {
  return implementation_->engine->notes();
}

}  // namespace diptych
