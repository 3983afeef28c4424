#pragma once

#include <optional>
#include <string>

#include "network/operations/operations.h"

namespace diptych::network {

/// What lies between a pooled row and the feature.
enum class Projection {
  matrix,  ///< x P
  linear,  ///< x W^T + b
  none,    ///< the row is the feature: the tower is as wide as the embedding
};

constexpr auto words_of(Projection) {
  return std::to_array<Word<Projection>>({{Projection::matrix, "matrix", "matrix"},
                                          {Projection::linear, "linear", "linear"},
                                          {Projection::none, "none", "none"}});
}

/// Takes a tower's pooled rows into the joint space; nothing where the rows are the features.
using OutputProjection = std::optional<Linear>;

OutputProjection declare_projection(ParameterTable& table, const std::string& name, Projection kind,
                                    int inputs, int outputs);

template <SequenceOperations Ops>
typename Ops::Tensor project(Ops& ops, const OutputProjection& projection,
                             const typename Ops::Tensor& pooled) {
  return projection ? ops.linear(pooled, *projection, Activation::none, nullptr) : pooled;
}

}  // namespace diptych::network
