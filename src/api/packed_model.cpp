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

const ComputeOptions& checked(const ComputeOptions& options) {
  if (options.threads < 0)
    fail(ErrorCode::invalid_argument, "threads: got {}, expected 0 or more", options.threads);
  if (options.batch < 0)
    fail(ErrorCode::invalid_argument, "batch: got {}, expected 0 or more", options.batch);
  if (libtorch_device(options.device).empty() && options.precision != Precision::fp32)
    fail(ErrorCode::unsupported,
         "precision: got {}, expected fp32, which is all that the CPU has in this version",
         name(options.precision));
  return options;
}

std::shared_ptr<engine::PackedModel> pack(const Model& model, const ComputeOptions& options) {
  const checkpoint::ModelFile& file = model.implementation().file;
  const auto pool = std::make_shared<ThreadPool>(options.threads);
  try {
    if (!libtorch_device(options.device).empty())
      return std::make_shared<engine::PackedModel>(
          api::make_libtorch_executor(model, options, pool->size()), pool);
    return engine::on_cpu(std::make_shared<const engine::Weights>(network::make_model(file.config),
                                                                  file.weights, *pool),
                          pool);
  } catch (const Error& error) {
    fail(error.code(), "{} ({})", error.what(), model.info().name);
  }
}

}  // namespace

std::string_view name(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return "fp32";
    case Precision::bf16:
      return "bf16";
    case Precision::fp16:
      return "fp16";
    case Precision::int8:
      return "int8";
  }
  return "";
}

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
