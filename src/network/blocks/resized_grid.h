#pragma once

#include "network/operations/row_mixture.h"
#include "network/operations/sequences.h"

namespace diptych::network {

/// Appends the places of a grid of another size to a mixture of the rows of a square grid of `side`
/// places a side, row by row: bilinearly with antialiasing, as PyTorch's interpolate. A grid of the
/// same size keeps its rows as they are.
void append_resized_grid(int side, PictureSize places, RowMixture& mixture);

}  // namespace diptych::network
