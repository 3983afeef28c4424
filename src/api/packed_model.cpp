#include "diptych/packed_model.h"

#include <utility>

#include "api/model_implementation.h"
#include "api/packed_model_implementation.h"
#include "base/error.h"
#include "engine/cpu_executor.h"
#include "engine/weights.h"
#include "network/model.h"

namespace diptych {
namespace {

const ComputeOptions& checked(const ComputeOptions& options) {
  if (options.threads < 0)
    fail(ErrorCode::invalid_argument, "threads: got {}, expected 0 or more", options.threads);
  if (options.batch < 0)
    fail(ErrorCode::invalid_argument, "batch: got {}, expected 0 or more", options.batch);
  if (options.precision != Precision::fp32)
    fail(ErrorCode::unsupported, "precision: got bf16 or int8, expected fp32 in this version");
  return options;
}

std::shared_ptr<engine::PackedModel> pack(const Model& model, const ComputeOptions& options) {
  const checkpoint::ModelFile& file = model.implementation().file;
  const auto pool = std::make_shared<ThreadPool>(options.threads);
  try {
    return engine::on_cpu(std::make_shared<const engine::Weights>(network::make_model(file.config),
                                                                  file.weights, *pool),
                          pool);
  } catch (const Error& error) {
    fail(error.code(), "{} ({})", error.what(), model.info().name);
  }
}

}  // namespace

PackedModel::Implementation::Implementation(Model packed, const ComputeOptions& how)
    : model(std::move(packed)), options(checked(how)), engine(pack(model, options)) {}

PackedModel::PackedModel(Model model, const ComputeOptions& options)
    : implementation_(std::make_shared<const Implementation>(std::move(model), options)) {}

const Model& PackedModel::model() const {
  return implementation_->model;
}

const ComputeOptions& PackedModel::options() const {
  return implementation_->options;
}

}  // namespace diptych
