#include "diptych/packed_model.h"

#include <utility>

#include "api/libtorch.h"
#include "api/model_implementation.h"
#include "api/packed_model_implementation.h"
#include "base/error.h"
#include "engine/cpu_executor.h"
#include "engine/weights.h"
#include "network/model.h"

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

/// With the precision resolved.
ComputeOptions checked(const Model& model, ComputeOptions options) {
  if (options.threads < 0)
    fail(ErrorCode::invalid_argument, "threads: got {}, expected 0 or more", options.threads);
  if (options.batch < 0)
    fail(ErrorCode::invalid_argument, "batch: got {}, expected 0 or more", options.batch);
  if (options.precision == Precision::automatic) options.precision = own_precision(model, options);
  return options;
}

ComputeUnit unit_of(const ComputeOptions& options) {
  return is_cpu(options) ? cpu_unit(options.precision) : ComputeUnit{.name = options.device};
}

std::shared_ptr<engine::PackedModel> pack(const Model& model, const ComputeOptions& options,
                                          engine::Watchers watchers) {
  const checkpoint::ModelFile& file = model.implementation().file;
  const auto pool = std::make_shared<ThreadPool>(options.threads);
  try {
    if (!is_cpu(options))
      return std::make_shared<engine::PackedModel>(
          api::make_libtorch_executor(model, options, pool->size()), pool);
    return engine::on_cpu(
        std::make_shared<const engine::Weights>(network::make_model(file.config), file.weights,
                                                *pool, options.precision, file.quantisation),
        pool, std::move(watchers));
  } catch (const Error& error) {
    fail(error.code(), "{} ({})", error.what(), model.info().name);
  }
}

}  // namespace

PackedModel::Implementation::Implementation(Model packed, const ComputeOptions& how)
    : Implementation(std::move(packed), how, engine::Watchers()) {}

PackedModel::Implementation::Implementation(Model packed, const ComputeOptions& how,
                                            engine::Watchers watchers)
    : model(std::move(packed)),
      options(checked(model, how)),
      unit(unit_of(options)),
      engine(pack(model, options, std::move(watchers))) {}

PackedModel PackedModel::Implementation::watched(Model model, ComputeOptions options,
                                                 engine::Watchers watchers) {
  options.device = "cpu";
  return PackedModel(std::shared_ptr<const Implementation>(
      new Implementation(std::move(model), options, std::move(watchers))));
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

}  // namespace diptych
