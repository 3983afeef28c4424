#pragma once

#include <memory>

#include "base/parallel.h"
#include "diptych/model.h"
#include "engine/weights.h"

namespace diptych::api {

/// A model's weights, packed for the CPU. Throws Error as engine::Weights, naming the model too.
std::shared_ptr<const engine::Weights> pack_weights(const Model& model, ThreadPool& pool);

}  // namespace diptych::api
