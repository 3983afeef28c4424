#include "api/pack_weights.h"

#include "api/model_implementation.h"
#include "base/error.h"
#include "network/model.h"

namespace diptych::api {

std::shared_ptr<const engine::Weights> pack_weights(const Model& model, ThreadPool& pool) {
  const checkpoint::ModelFile& file = model.implementation().file;
  try {
    return std::make_shared<const engine::Weights>(network::make_model(file.config), file.weights,
                                                   pool);
  } catch (const Error& error) {
    fail(error.code(), "{} ({})", error.what(), model.info().name);
  }
}

}  // namespace diptych::api
