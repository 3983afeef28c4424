#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "diptych/packed_model.h"
#include "network/model.h"
#include "tensor/tensor.h"

namespace diptych::engine {

/// Outputs of a panel, in the order that weights are multiplied in. It does not depend on the
/// processor.
std::int64_t panel_width();

/// Returns the names of the weights that may be stored in panels: matrices of linear layers, whose
/// slices all begin and end with a panel, that are no tables besides.
std::set<std::string> weights_in_panels(const network::Model& model);

/// Returns whether there are stored panels that a precision cannot compute from: those of another
/// width, and any but in fp32.
bool packs_anew(const TensorMap& panels, Precision precision);

/// Returns where a layer's panels lie among stored ones, as PackedLinear reads them; nullptr where
/// they are not there, of another width or shape, or at an address that vectors cannot load from.
const std::uint32_t* find_panels(const TensorMap& panels, const network::ParameterTable& table,
                                 const network::Linear& layer);

}  // namespace diptych::engine
