#include "diptych/packed_model.h"

#include <functional>
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

ComputeUnit unit_of(const ComputeOptions& options) {
  return is_cpu(options) ? cpu_unit(options.precision) : ComputeUnit{.name = options.device};
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

std::shared_ptr<engine::PackedModel> pack(const Model& model, const ComputeOptions& options) {
  if (is_cpu(options)) return api::pack_on_cpu(model, options);
  return pack_with(model, options, [&](std::shared_ptr<ThreadPool> pool) {
    auto executor = api::make_libtorch_executor(model, options, pool->size());
    return std::make_shared<engine::PackedModel>(std::move(executor), std::move(pool));
  });
}

}  // namespace

ComputeOptions api::checked(ComputeOptions options) {
  if (options.threads < 0)
    fail(ErrorCode::invalid_argument, "threads: got {}, expected 0 or more", options.threads);
  if (options.batch < 0)
    fail(ErrorCode::invalid_argument, "batch: got {}, expected 0 or more", options.batch);
  if (options.precision == Precision::automatic) options.precision = Precision::fp32;
  return options;
}

std::shared_ptr<engine::PackedModel> api::pack_on_cpu(const Model& model,
                                                      const ComputeOptions& options,
                                                      engine::Profile* profile) {
  const checkpoint::ModelFile& file = model.implementation().file;
  return pack_with(model, options, [&](std::shared_ptr<ThreadPool> pool) {
    auto weights = std::make_shared<const engine::Weights>(network::make_model(file.config),
                                                           file.weights, *pool, options.precision);
    return engine::on_cpu(std::move(weights), std::move(pool), profile);
  });
}

PackedModel::Implementation::Implementation(Model packed, const ComputeOptions& how)
    : model(std::move(packed)),
      options(api::checked(how)),
      unit(unit_of(options)),
      engine(pack(model, options)) {}

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
