#include "engine/stored_tensor.h"

#include "base/error.h"

namespace diptych::engine {

const TensorView& stored_tensor(const TensorMap& checkpoint, const network::ParameterSpec& spec) {
  const auto found = checkpoint.tensors.find(spec.name);
  if (found == checkpoint.tensors.end())
    fail(ErrorCode::invalid_argument, "checkpoint: no {}, expected one of shape {}", spec.name,
         to_string(spec.shape));
  if (found->second.shape != spec.shape)
    fail(ErrorCode::invalid_argument, "checkpoint: {}: got shape {}, expected {}", spec.name,
         to_string(found->second.shape), to_string(spec.shape));
  return found->second;
}

}  // namespace diptych::engine
