#include "network/blocks/projection.h"

#include <cmath>

namespace diptych::network {

OutputProjection declare_projection(ParameterTable& table, const std::string& name, Projection kind,
                                    int inputs, int outputs) {
  const float deviation = 1.0F / std::sqrt(static_cast<float>(inputs));
  switch (kind) {
    case Projection::matrix:
      return declare_projection(table, name, inputs, outputs, deviation);
    case Projection::linear:
      return declare_linear(table, name, inputs, outputs, deviation);
    case Projection::none:
      break;
  }
  return std::nullopt;
}

}  // namespace diptych::network
