#pragma once

#include <functional>
#include <optional>
#include <string>

#include "checkpoint/source/known_facts.h"
#include "network/config.h"
#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// Shape of a tensor by its canonical name; none when there is no such tensor.
using ShapeLookup = std::function<std::optional<Shape>(const std::string& canonical)>;

/// Returns the config that the shapes of a CLIP model's weights imply, as OpenAI's own loader
/// infers it. What shapes cannot say is given or fixed: the activation, and, where they are not
/// stated, heads of width 64 in all towers but EVA-CLIP's, whose published models are known by
/// their widths. Throws Error(invalid_argument), naming the tensor, when shapes are missing or do
/// not fit together.
network::ModelConfig infer_config(const ShapeLookup& shapes, network::Activation activation,
                                  const std::string& name, const StatedFacts& stated = {});

}  // namespace diptych::checkpoint
