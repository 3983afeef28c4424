#pragma once

#include "base/parallel.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// out = a + b, element by element. `out` may be `a` or `b`.
void add(ConstMatrix a, ConstMatrix b, Matrix out, ThreadPool& pool);

}  // namespace diptych::kernels
